"""Random requests in worlds of random dialects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.mockserver.dialects.dialect_client import (
    HEARTBEAT,
    MALFORMED,
    STATUSES,
    UNKNOWN,
    DialectClient,
    Json,
    JsonAnswer,
    OpenClient,
)
from workerkit.openapi.spec.silence import silences

DIALECTS = st.fixed_dictionaries(
    {silence.id: st.sampled_from(list(silence.values)) for silence in silences().values()}
)
IDS = st.sampled_from(["OWN", "OTHER", "FOREIGN", "CAPITALS", UNKNOWN, MALFORMED, "", "\u0000é"])
WORDS = st.sampled_from([*STATUSES, "nonsense", "", "active", "online"])
WRONG_TYPES: st.SearchStrategy[Any] = st.sampled_from(
    [None, 0, -1.5, True, "x", [], {}, 2**64, {"a": [None]}]
)
TEXTS = st.text(st.characters(codec="utf-8"), max_size=5) | WRONG_TYPES


def mostly_valid(required: Json, optional: Json) -> st.SearchStrategy[Any]:
    """Mostly objects with these fields. Some lack required fields or have another type."""
    valid = st.fixed_dictionaries(required, optional={**optional, "colour": WRONG_TYPES})
    return st.one_of(
        valid, valid, valid, st.fixed_dictionaries({}, optional={**required, **optional}), WRONG_TYPES
    )


CHANGES: Json = {
    "status": WORDS | WRONG_TYPES,
    "link_profile": TEXTS,
    "link_post": TEXTS,
    "error_message": TEXTS,
    "note": TEXTS,
    "is_indexed": st.booleans() | WRONG_TYPES,
}
LEVELS = st.sampled_from(["INFO", "info", "Warn", "ERROR", "FATAL", ""]) | WRONG_TYPES
ITEMS = st.lists(mostly_valid({"link_id": IDS}, CHANGES), max_size=4) | WRONG_TYPES
ENTRIES = st.lists(mostly_valid({"level": LEVELS, "message": TEXTS}, {}), max_size=4) | WRONG_TYPES
BODIES: dict[tuple[str, str], st.SearchStrategy[Any]] = {
    ("POST", "/health"): mostly_valid(
        {}, {**dict.fromkeys(HEARTBEAT, TEXTS), "cpu_usage": st.floats(0, 100)}
    ),
    ("PUT", "/tasks/bulk"): mostly_valid({"items": ITEMS}, {}),
    ("PUT", "/tasks/OWN"): mostly_valid({}, CHANGES),
    ("PUT", "/tasks/OTHER"): mostly_valid({}, {"status": WORDS}),
    ("PUT", "/tasks/FOREIGN"): mostly_valid({}, CHANGES),
    ("PUT", f"/tasks/{MALFORMED}"): mostly_valid({}, CHANGES),
    ("POST", "/logs"): mostly_valid({"logs": ENTRIES}, {}),
    ("POST", "/callback/link/update"): mostly_valid({"link_id": IDS}, CHANGES),
    ("POST", "/callback/link/complete"): mostly_valid({"link_id": IDS}, {"link_post": TEXTS}),
    ("POST", "/callback/request/status"): mostly_valid({"request_id": IDS, "status": WORDS}, {}),
    ("POST", "/callback/account/status"): mostly_valid({"account_id": IDS, "status": WORDS}, {}),
}
NUMBERS = st.sampled_from(["0", "1", "2", "-3", "1000", "1001", "x", "", str(2**63)])
QUERIES = st.fixed_dictionaries(
    {},
    optional={
        "page": NUMBERS,
        "limit": NUMBERS,
        "after": IDS,
        "status": st.lists(WORDS, max_size=3).map(",".join),
        "service_type": st.sampled_from(["entity", "nonsense", ""]),
        "colour": st.just("red"),
    },
).map(lambda fields: "&".join(f"{name}={value}" for name, value in fields.items()))
CONTENT_TYPES = st.sampled_from([None, None, None, "text/plain", "application/json; charset=utf-8"])
SERVERS = st.sampled_from(["server-01", "server-01", "server-01", "server-02", "server-03"])
WAITS = st.sampled_from(["0s", "0s", "0s", "50s", "100s"])
RandomRequest = tuple[str, str, Any, str, str | None, str]
REQUESTS = st.one_of(
    st.tuples(st.just("GET"), QUERIES.map("/tasks?{}".format), st.none(), SERVERS, CONTENT_TYPES, WAITS),
    st.sampled_from(list(BODIES)).flatmap(
        lambda at: st.tuples(st.just(at[0]), st.just(at[1]), BODIES[at], SERVERS, CONTENT_TYPES, WAITS)
    ),
)


def with_real_ids(value: Any, ids: Mapping[str, str]) -> Any:
    """The value with real ids instead of placeholders. For example, `OWN` is a task of server-01."""
    if isinstance(value, str):
        return ids.get(value, value)
    if isinstance(value, list):
        return [with_real_ids(item, ids) for item in value]
    return (
        {key: with_real_ids(member, ids) for key, member in value.items()}
        if isinstance(value, dict)
        else value
    )


def send(client: DialectClient, request: RandomRequest, ids: Mapping[str, str]) -> JsonAnswer:
    method, path, body, server, content_type, wait = request
    for placeholder, real_id in ids.items():
        path = path.replace(placeholder, real_id)
    client.advance_clock(wait)
    data = None if method == "GET" else with_real_ids(body, ids)
    return client.send(
        method,
        path,
        b"null" if data is None and method != "GET" else data,
        server=server,
        content_type=content_type,
    )


def without_server_statuses(state: Json) -> Json:
    """The state without the statuses of servers, because time alone can change them."""
    return {**state, "servers": [{**server, "status": None} for server in state["servers"]]}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(DIALECTS, st.lists(REQUESTS, min_size=4, max_size=12), st.sampled_from(STATUSES))
def test_answers_follow_the_spec_and_refused_requests_change_nothing(
    open_client: OpenClient, choices: dict[str, str], requests: list[RandomRequest], status: str
) -> None:
    with open_client(choices) as client:
        own, other, foreign = (
            client.add_task(status=status)["id"],
            client.add_task(),
            client.add_foreign_task()["id"],
        )
        ids = {"CAPITALS": own.upper(), "OWN": own, "OTHER": other["id"], "FOREIGN": foreign}
        before = client.state()
        for request in requests:
            answer = send(client, request, ids)
            after = client.state()
            assert answer.status < 500
            assert answer.status < 400 or without_server_statuses(after) == without_server_statuses(before)
            before = after
