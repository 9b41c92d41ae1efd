"""Which requests of a capsule may be sent to a server, and with which API keys."""

from __future__ import annotations

import json

import pytest

from tests.openapi.masking.test_canaries import exchange
from workerkit.contracts.resend.policy import NotPermittedError, capsule_to_send, key_replacements
from workerkit.contracts.target.plan import Writes
from workerkit.mockserver.capsules.file.capsule import Capsule, RecordedExchange

BASE = "/api/v1/worker"
TASK = "00000000-0000-4000-8000-000000000001"


def recorded_request(
    method: str,
    path: str,
    body: object = None,
    *,
    key: str = "k-1",
    status: int = 200,
    extra_header: str = "",
) -> RecordedExchange:
    headers = [("x-api-key", key), *([(extra_header, "PUT")] if extra_header else [])]
    data = b"" if body is None else json.dumps(body).encode()
    headers += [("content-type", "application/json")] if data else []
    return RecordedExchange(
        exchange(
            method=method,
            path=BASE + path,
            query="",
            request_headers=tuple(headers),
            request_body=data,
            status=status,
        )
    )


def capsule(*recorded: RecordedExchange) -> Capsule:
    return Capsule(0.0, recorded)


@pytest.mark.parametrize(
    "write",
    [
        recorded_request("PUT", f"/tasks/{TASK}", {"status": "running"}),
        recorded_request("PUT", "/tasks/bulk", {"items": []}),
        recorded_request("POST", "/health", {}),
        recorded_request("POST", "/logs", {"logs": [{"level": "INFO", "message": "hi"}]}),
        recorded_request("POST", "/callback/link/complete", {"link_id": TASK}),
        recorded_request("POST", "/tasks"),
        recorded_request("GET", "/tasks", {"status": "failed"}),
        recorded_request("GET", "/../admin"),
    ],
)
def test_a_request_that_might_change_data_is_refused_unless_all_writes_are_allowed(
    write: RecordedExchange,
) -> None:
    original = capsule(recorded_request("GET", "/tasks"), write)
    with pytest.raises(NotPermittedError, match=r"nothing was sent.* 1 of 2 requests .* --writes all"):
        capsule_to_send(original, Writes.NONE)
    assert capsule_to_send(original, Writes.ALL) == original


def test_list_requests_are_sent_without_unknown_headers() -> None:
    (sent,) = capsule_to_send(
        capsule(recorded_request("GET", "/tasks", extra_header="x-http-method-override")), Writes.NONE
    ).recorded
    assert sent.exchange.request_headers == (("x-api-key", "k-1"),)


def test_a_given_key_replaces_the_recorded_key_that_was_accepted() -> None:
    original = capsule(
        recorded_request("GET", "/tasks", key="wrong", status=401),
        recorded_request("GET", "/tasks", key="right"),
    )
    assert key_replacements(original, ("mine",)) == {"right": "mine"}
    assert key_replacements(original, ("mine", "other")) == {"right": "mine"}


def test_a_given_key_replaces_a_refused_key_if_no_key_was_accepted() -> None:
    original = capsule(recorded_request("GET", "/tasks", key="wrong", status=401))
    assert key_replacements(original, ("mine",)) == {"wrong": "mine"}
    assert key_replacements(original, ()) == {}


@pytest.mark.parametrize(
    ("given", "message"),
    [((), "give --api-key KEY.* accepted 2 API keys"), (("mine",), "give --other-api-key KEY")],
)
def test_the_message_names_the_option_of_a_missing_key(given: tuple[str, ...], message: str) -> None:
    original = capsule(
        recorded_request("GET", "/tasks", key="one"), recorded_request("GET", "/tasks", key="two")
    )
    with pytest.raises(NotPermittedError, match=message):
        key_replacements(original, given)
