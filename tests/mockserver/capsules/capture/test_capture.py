"""Capsules of the mock: whatever the world and the traffic, no secret is left, and equal stays equal."""

from __future__ import annotations

import json

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.openapi.masking.test_canaries import ADDRESSES, ENCODING, ENCODINGS, PASSWORDS, WORDS, sniffed
from workerkit.mockserver.capsules.capture.capture import taken
from workerkit.mockserver.capsules.file.capsule import Capsule
from workerkit.mockserver.capsules.file.reader import parse_capsule
from workerkit.mockserver.capsules.file.writer import capsule_text
from workerkit.mockserver.capsules.replay.replay import replay
from workerkit.mockserver.http.headers import headers_of
from workerkit.mockserver.http.request import Request
from workerkit.mockserver.server.worker_app import WorkerApp
from workerkit.mockserver.world.new_task import create_task
from workerkit.mockserver.worlds.snapshot import snapshot
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.mockserver.worlds.worlds import DEFAULT, Worlds
from workerkit.openapi.masking.pseudonyms import words_of_the_apis
from workerkit.scenarios.model.world_plan import AccountPlan, ServerPlan, WorldPlan

BASE = "/api/v1/worker"
MADE_UP = "@capsule.example"  # what all addresses end with that a capsule has for others


def taken_of(key: str, accounts: list[tuple[str, str]], said: list[tuple[int, str]]) -> Capsule:
    """The capsule of a world with these addresses and passwords, whose worker says them in its logs."""
    plans = tuple(AccountPlan(f"user{n}", email, password) for n, (email, password) in enumerate(accounts))
    plan = WorldPlan((ServerPlan("server-01", "online", key),), accounts=plans)
    worlds = Worlds()
    director = worlds.add(DEFAULT, WorldBuilder(world=plan, seed=5, timer=lambda: 0.0))
    for _ in range(3):
        create_task(director.world, {})
    beginning, app = snapshot(director), WorkerApp(worlds)
    app.answer(asking("GET", "/tasks", key))
    for place, encoding in said:
        secret = accounts[place % len(accounts)][1]
        entry = {"level": "INFO", "message": f"it is {ENCODINGS[encoding](secret)}"}
        app.answer(asking("POST", "/logs", key, json.dumps({"logs": [entry]}).encode()))
        app.answer(asking("GET", f"/nowhere/{ENCODINGS['quoted wholly'](secret)}", key))
    return taken(director, beginning)


def asking(method: str, path: str, key: str, body: bytes = b"") -> Request:
    headers = headers_of((("x-api-key", key), ("content-length", str(len(body)))))
    return Request(method, BASE + path, "", headers, body, oversize=False)


@settings(max_examples=60, deadline=None)
@given(
    key=WORDS,
    accounts=st.lists(
        st.tuples(ADDRESSES, PASSWORDS), min_size=1, max_size=4, unique_by=lambda each: each[1]
    ),
    said=st.lists(st.tuples(st.integers(0, 3), ENCODING), max_size=4),
)
def test_no_secret_of_any_world_is_in_a_capsule_and_it_is_reproduced(
    key: str, accounts: list[tuple[str, str]], said: list[tuple[int, str]]
) -> None:
    secrets = (key, *(each for account in accounts for each in account))
    assume(words_of_the_apis().isdisjoint(secrets))
    assume(not any(secret in MADE_UP for secret in secrets))
    capsule = taken_of(key, accounts, said)
    text = capsule_text(capsule)
    for secret in secrets:
        assert not sniffed(secret, text)
    assert replay(parse_capsule(text, name="c.yaml"), name="c.yaml").difference is None


@settings(max_examples=60, deadline=None)
@given(
    accounts=st.lists(
        st.tuples(ADDRESSES, st.sampled_from(["open sesame", "hunter2"])), min_size=2, max_size=5
    )
)
def test_what_was_equal_is_equal_in_a_capsule_and_nothing_else(accounts: list[tuple[str, str]]) -> None:
    capsule = taken_of("server-key-1", accounts, [])
    assert capsule.world is not None
    shown = [(account["email"], account["password"]) for account in capsule.world["accounts"]]
    for place in (0, 1):
        before, after = [account[place] for account in accounts], [each[place] for each in shown]
        assert [[a == b for a in after] for b in after] == [[a == b for a in before] for b in before]
    listed = capsule.recorded[0].exchange.answered()["data"]
    assert {(each["email"], each["password"]) for each in listed} <= set(shown)


def test_a_world_is_whole_where_a_password_is_a_word_of_it() -> None:
    capsule = taken_of("server-key-1", [("an@mail.vn", "heartbeat_at")], [])
    text = capsule_text(capsule)
    assert replay(parse_capsule(text, name="c.yaml"), name="c.yaml").difference is None
    assert capsule.world is not None
    assert capsule.world["accounts"][0]["password"] != "heartbeat_at"
