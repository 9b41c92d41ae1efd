"""Capsules of the mock's worlds: they contain no secret, and equal values stay equal."""

from __future__ import annotations

import json

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.openapi.masking.test_canaries import ADDRESSES, ENCODING, ENCODINGS, PASSWORDS, WORDS, finds_secret
from workerkit.mockserver.capsules.capture.capture import capture_world
from workerkit.mockserver.capsules.file.capsule import Capsule
from workerkit.mockserver.capsules.file.reader import parse_capsule
from workerkit.mockserver.capsules.file.writer import capsule_text
from workerkit.mockserver.capsules.replay.replay import replay
from workerkit.mockserver.http.headers import header_set_of
from workerkit.mockserver.http.request import Request
from workerkit.mockserver.server.worker_app import WorkerApp
from workerkit.mockserver.world.new_task import create_task
from workerkit.mockserver.worlds.snapshot import snapshot_of
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.mockserver.worlds.worlds import DEFAULT, Worlds
from workerkit.openapi.masking.common_words import is_common
from workerkit.scenarios.faults.planned_fault import PlannedFault
from workerkit.scenarios.faults.refuse.reset import Reset
from workerkit.scenarios.faults.schedule import Schedule
from workerkit.scenarios.model.world_plan import AccountPlan, ServerPlan, WorldPlan

BASE = "/api/v1/worker"
PSEUDONYM_HOST = "@capsule.example"  # the end of each e-mail address in a capsule


def capsule_with(key: str, accounts: list[tuple[str, str]], logged: list[tuple[int, str]]) -> Capsule:
    """The capsule of a world with this API key and these accounts, whose worker logs some passwords.

    accounts: pairs of an e-mail address and a password.
    logged: for each log, the index of an account and the name of an encoding for its password.
    """
    plans = tuple(AccountPlan(f"user{n}", email, password) for n, (email, password) in enumerate(accounts))
    plan = WorldPlan((ServerPlan("server-01", "online", key),), accounts=plans)
    worlds = Worlds()
    director = worlds.add(DEFAULT, WorldBuilder(plan=plan, seed=5, timer=lambda: 0.0))
    for _ in range(3):
        create_task(director.world, {})
    first_snapshot, app = snapshot_of(director), WorkerApp(worlds)
    app.answer(worker_request("GET", "/tasks", key))
    for index, encoding in logged:
        secret = accounts[index % len(accounts)][1]
        entry = {"level": "INFO", "message": f"it is {ENCODINGS[encoding](secret)}"}
        app.answer(worker_request("POST", "/logs", key, json.dumps({"logs": [entry]}).encode()))
        app.answer(worker_request("GET", f"/nowhere/{ENCODINGS['quoted wholly'](secret)}", key))
    return capture_world(director, first_snapshot)


def worker_request(method: str, path: str, key: str, body: bytes = b"") -> Request:
    headers = header_set_of((("x-api-key", key), ("content-length", str(len(body)))))
    return Request(method, BASE + path, "", headers, body, is_too_large=False)


@settings(max_examples=60, deadline=None)
@given(
    key=WORDS,
    accounts=st.lists(
        st.tuples(ADDRESSES, PASSWORDS), min_size=1, max_size=4, unique_by=lambda account: account[1]
    ),
    logged=st.lists(st.tuples(st.integers(0, 3), ENCODING), max_size=4),
)
def test_a_capsule_contains_no_secret_of_its_world_and_is_reproduced(
    key: str, accounts: list[tuple[str, str]], logged: list[tuple[int, str]]
) -> None:
    secrets = (key, *(secret for account in accounts for secret in account))
    assume(not any(map(is_common, secrets)))
    assume(not any(secret in PSEUDONYM_HOST for secret in secrets))
    capsule = capsule_with(key, accounts, logged)
    text = capsule_text(capsule)
    for secret in secrets:
        assert not finds_secret(secret, text)
    assert replay(parse_capsule(text, name="c.yaml"), name="c.yaml").difference is None


@settings(max_examples=60, deadline=None)
@given(
    accounts=st.lists(
        st.tuples(ADDRESSES, st.sampled_from(["open sesame", "hunter2"])), min_size=2, max_size=5
    )
)
def test_secrets_have_equal_pseudonyms_if_and_only_if_they_are_equal(accounts: list[tuple[str, str]]) -> None:
    capsule = capsule_with("server-key-1", accounts, [])
    assert capsule.world is not None
    pseudonyms = [(account["email"], account["password"]) for account in capsule.world["accounts"]]
    for index in (0, 1):
        before, after = [account[index] for account in accounts], [account[index] for account in pseudonyms]
        assert [[a == b for a in after] for b in after] == [[a == b for a in before] for b in before]
    listed = capsule.recorded[0].exchange.answer_json()["data"]
    assert {(task["email"], task["password"]) for task in listed} <= set(pseudonyms)


def test_a_password_that_is_the_name_of_a_field_does_not_damage_the_world() -> None:
    capsule = capsule_with("server-key-1", [("an@mail.vn", "heartbeat_at")], [])
    text = capsule_text(capsule)
    assert replay(parse_capsule(text, name="c.yaml"), name="c.yaml").difference is None
    assert capsule.world is not None
    assert capsule.world["accounts"][0]["password"] != "heartbeat_at"


def test_a_capsule_begins_when_the_first_request_comes() -> None:
    worlds, real_times = Worlds(), iter([1000.0, 1009.0])
    plan = WorldPlan((ServerPlan("server-01", "online", "server-key-1"),))
    builder = WorldBuilder(plan=plan, now=lambda: next(real_times), timer=lambda: 0.0)
    director = worlds.add(DEFAULT, builder)
    director.world.add_fault(PlannedFault(Reset(), Schedule(nth=9)), since=director.world.clock.peek())
    first_snapshot = snapshot_of(director)
    WorkerApp(worlds).answer(worker_request("GET", "/tasks", "server-key-1"))
    capsule = capture_world(director, first_snapshot)
    assert capsule.began == capsule.recorded[0].exchange.began == 1009.0
    assert capsule.world is not None
    assert capsule.world["clock"]["begin"] == capsule.world["faults"][0]["since"] == 1009.0
