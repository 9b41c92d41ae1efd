"""Workers run against the recorded answers of a capsule."""

from __future__ import annotations

import json
import sys
from dataclasses import replace

import pytest

from workerkit.mockserver.capsules.file.capsule import Capsule, RecordedExchange
from workerkit.mockserver.capsules.replay import capsule_server
from workerkit.mockserver.capsules.replay.capsule_server import CapsuleServer
from workerkit.mockserver.capsules.replay.replay_report import summary_of_worker_replay
from workerkit.mockserver.capsules.replay.worker_replay import WorkerReplay, replay_to_worker
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.spec.api import operation_of

BASE = "/api/v1/worker"
TASK = f"{BASE}/tasks/00000000-0000-4000-8000-00000000000"
RECORDED = (
    ("POST", f"{BASE}/health", {"server_name": "hanoi-07", "cpu_usage": 5.5}),
    ("GET", f"{BASE}/tasks", None),
    ("PUT", f"{TASK}1", {"status": "running"}),
    ("PUT", f"{TASK}2", {"status": "running"}),
    ("PUT", f"{TASK}1", {"status": "completed", "link_post": "https://a.example/1"}),
    ("POST", f"{BASE}/logs", {"logs": [{"level": "INFO", "message": "done"}]}),
)
WORKER = """
import http.client, itertools, json, os, sys
from urllib.parse import urlsplit
requests, again = json.loads(sys.argv[1]), sys.argv[2] == "again"
address = urlsplit(os.environ["LIKEPION_BASE_URL"])
for method, path, body in itertools.chain(requests, itertools.repeat(requests[-1])) if again else requests:
    connection = http.client.HTTPConnection(address.hostname, address.port)
    headers = {"X-API-Key": os.environ["LIKEPION_API_KEY"]}
    if isinstance(path, list):
        path, headers["X-API-Key"] = path
    connection.request(method, path, None if body is None else json.dumps(body), headers)
    print(connection.getresponse().status, flush=True)
    connection.close()
"""
LIMIT = 240.0
WorkerRequest = tuple[str, str, object]


def exchange(
    number: int, request: WorkerRequest, *, at: float, key: str = "key-1", status: int = 200
) -> Exchange:
    method, path, body = request
    return Exchange(
        number=number,
        operation=operation_of(method, path),
        server=None,
        method=method,
        path=path,
        query="",
        request_headers=(("x-api-key", key),),
        request_body=b"" if body is None else json.dumps(body).encode(),
        status=status,
        answer_headers=(("content-type", "application/json"),),
        answer_body=b"{}",
        began=at,
        ended=at,
    )


CAPSULE = Capsule(
    0.0,
    tuple(
        RecordedExchange(exchange(number, request, at=number / 100))
        for number, request in enumerate(RECORDED, 1)
    ),
)


def replayed(*requests: WorkerRequest, again: bool = False, in_order: bool = False) -> WorkerReplay:
    """The result for a worker that sends these requests. With `again`, it repeats the last one forever."""
    words = (sys.executable, "-c", WORKER, json.dumps(requests), "again" if again else "")
    return replay_to_worker(CAPSULE, words, time_limit=LIMIT, in_order=in_order)


def test_other_messages_other_measurements_and_another_order_match() -> None:
    _, tasks, first, second, completed, _ = RECORDED
    other = ("POST", f"{BASE}/health", {"cpu_usage": 99, "server_name": "saigon-01"})
    other_log = ("POST", f"{BASE}/logs", {"logs": [{"level": "INFO", "message": "ended"}]})
    result = replayed(tasks, tasks, other, other, second, first, completed, other_log)
    assert result.difference is None
    assert (result.matched, result.missed) == (6, ())


def test_another_order_is_a_difference_with_in_order() -> None:
    result = replayed(RECORDED[0], RECORDED[1], RECORDED[3], in_order=True)
    assert result.difference is not None
    difference = result.difference
    assert (difference.number, difference.recorded, difference.now) == (
        3,
        f'PUT {TASK}1 {{"status":"running"}}',
        f'PUT {TASK}2 {{"status":"running"}}',
    )


@pytest.mark.parametrize(
    ("sent", "number", "place", "recorded", "now"),
    [
        (("PUT", f"{TASK}1", {"status": "failed"}), 3, "request/body/status", '"running"', '"failed"'),
        (("GET", f"{BASE}/tasks?limit=5", None), 2, "request/query", "no query", "limit=5"),
        (("PUT", f"{TASK}1", {"status": "running", "note": "x"}), 3, "request/body/note", "nothing", '"x"'),
        (
            ("POST", f"{BASE}/logs", {"logs": [{"level": "LOUD", "message": "x"}]}),
            6,
            "request/body/logs/0/level",
            '"INFO"',
            '"LOUD"',
        ),
        (
            ("POST", f"{BASE}/callback/link/complete", {"link_id": "x", "note": "x"}),
            2,
            "request",
            f"GET {BASE}/tasks",
            f'POST {BASE}/callback/link/complete {{"link_id":"x","note":"x"}}',
        ),
    ],
)
def test_the_first_unexpected_request_ends_the_replay(
    sent: WorkerRequest, number: int, place: str, recorded: str, now: str
) -> None:
    result = replayed(RECORDED[0], sent, again=True)
    difference = result.difference
    assert difference is not None
    assert (difference.number, difference.place) == (number, place)
    assert (difference.recorded, difference.now) == (recorded, now)
    assert result.ended == "the worker was stopped because it sent a request that is not in the recording"
    assert result.output == "200\n"


def test_a_worker_that_repeats_a_recorded_request_forever_is_stopped() -> None:
    result = replayed(RECORDED[0], RECORDED[1], again=True)
    assert result.difference is not None
    assert (result.difference.number, result.difference.now) == (3, f"GET {BASE}/tasks, again and again")
    assert result.matched == 2


def test_a_write_that_comes_once_more_than_recorded_is_a_difference() -> None:
    result = replayed(*RECORDED[:3], RECORDED[2])
    assert result.difference is not None
    assert result.difference.number == 4
    assert result.difference.now == f'PUT {TASK}1 {{"status":"running"}}, once more'


def test_a_worker_that_exits_early_misses_the_other_requests() -> None:
    result = replayed(*RECORDED[:4])
    assert result.difference is not None
    assert result.difference.number == 5
    assert result.difference.now == "not sent: the worker exited with code 0"
    assert [exchange.number for exchange in result.missed] == [5, 6]


def test_a_worker_that_sends_nothing_more_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capsule_server, "_MIN_PATIENCE_SECONDS", 0.1)
    words = (
        sys.executable,
        "-c",
        f"{WORKER}\nimport threading; threading.Event().wait()",
        json.dumps(RECORDED[:1]),
        "",
    )
    result = replay_to_worker(CAPSULE, words, time_limit=LIMIT)
    assert result.difference is not None
    assert result.difference.number == 2
    assert result.ended.startswith("the worker was stopped because it sent none of the missing requests for ")


def test_the_patience_depends_on_the_longest_recorded_pause() -> None:
    recorded = tuple(
        RecordedExchange(exchange(number, RECORDED[0], at=number * 3.0)) for number in range(1, 4)
    )
    with CapsuleServer(Capsule(0.0, recorded)) as slow, CapsuleServer(CAPSULE) as quick:
        assert slow.seconds_since_match == 0
        assert 6 < slow.patience < 30
        assert quick.patience < 6


TWO_KEYS = Capsule(
    0.0,
    tuple(
        RecordedExchange(exchange(number, ("GET", path, None), at=number / 100, key=key, status=status))
        for number, (path, key, status) in enumerate(
            [("/a", "wrong", 401), ("/b", "key-1", 200), ("/c", "key-2", 200), ("/d", "key-1", 200)], 1
        )
    ),
)


def answered_with_keys(*requests: tuple[str, str]) -> WorkerReplay:
    """The result for a worker that sends GET to these paths, each with an API key of its own."""
    sent = json.dumps([("GET", request, None) for request in requests])
    words = (sys.executable, "-c", WORKER, sent, "")
    return replay_to_worker(TWO_KEYS, words, time_limit=LIMIT)


@pytest.mark.parametrize("keys", [("x", "y", "z"), ("wrong", "key-1", "key-2"), ("x", "key-1", "z")])
def test_the_keys_of_a_worker_may_have_any_values(keys: tuple[str, str, str]) -> None:
    first, second, third = keys
    result = answered_with_keys(("/a", first), ("/b", second), ("/c", third), ("/d", second))
    assert result.difference is None


def test_the_keys_of_a_worker_may_appear_in_another_order() -> None:
    assert answered_with_keys(("/c", "x"), ("/d", "y"), ("/a", "z"), ("/b", "y")).difference is None


@pytest.mark.parametrize(
    ("requests", "recorded", "now"),
    [
        ([("/a", "x"), ("/b", "y"), ("/c", "y")], "key-2", "key-1"),
        (
            [("/a", "x"), ("/b", "y"), ("/c", "z"), ("/d", "more")],
            "key-1",
            "a further key, but the recording has 3 keys: LIKEPION_API_KEY should be key-1",
        ),
        ([("/a", "")], "wrong", "no key"),
    ],
)
def test_another_key_is_a_difference(requests: list[tuple[str, str]], recorded: str, now: str) -> None:
    found = answered_with_keys(*requests).difference
    assert found is not None
    assert (found.place, found.recorded, found.now) == ("request/x-api-key", recorded, now)


def test_without_recorded_keys_the_keys_of_a_worker_are_not_compared() -> None:
    without_keys = Capsule(
        0.0,
        tuple(
            replace(item, exchange=replace(item.exchange, request_headers=())) for item in CAPSULE.recorded
        ),
    )
    words = (sys.executable, "-c", WORKER, json.dumps(RECORDED), "")
    result = replay_to_worker(without_keys, words, time_limit=LIMIT)
    assert result.difference is None
    summary = summary_of_worker_replay(result, notes=(), in_order=False)
    assert "The recording contains no API key, so the worker's keys were not compared." in summary.notes
    missing = replay_to_worker(without_keys, (sys.executable, "-c", ""), time_limit=LIMIT)
    assert "contains no API key" in str(summary_of_worker_replay(missing, notes=(), in_order=False).notes)


def test_the_key_of_the_environment_is_the_one_that_was_accepted() -> None:
    with CapsuleServer(TWO_KEYS) as server:
        assert server.settings["LIKEPION_API_KEY"] == "key-1"
