"""The server's side of a capsule, played to workers that ask the same and others."""

from __future__ import annotations

import json
import sys

import pytest

from workerkit.mockserver.capsules.file.capsule import Capsule, Recorded
from workerkit.mockserver.capsules.replay import worker_replay
from workerkit.mockserver.capsules.replay.capsule_server import CapsuleServer
from workerkit.mockserver.capsules.replay.worker_replay import WorkerReplay, perform
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
asked, again = json.loads(sys.argv[1]), sys.argv[2] == "again"
address = urlsplit(os.environ["LIKEPION_BASE_URL"])
for each in itertools.chain(asked, itertools.repeat(asked[-1])) if again else asked:
    connection = http.client.HTTPConnection(address.hostname, address.port)
    method, path, body = each
    headers = {"X-API-Key": os.environ["LIKEPION_API_KEY"]}
    connection.request(method, path, None if body is None else json.dumps(body), headers)
    print(connection.getresponse().status, flush=True)
    connection.close()
"""
LIMIT = 240.0
Asked = tuple[str, str, object]


def exchange(number: int, asked: Asked, *, at: float) -> Exchange:
    method, path, body = asked
    return Exchange(
        number=number,
        operation=operation_of(method, path),
        server=None,
        method=method,
        path=path,
        query="",
        request_headers=(("x-api-key", "key-1"),),
        request_body=b"" if body is None else json.dumps(body).encode(),
        status=200,
        answer_headers=(("content-type", "application/json"),),
        answer_body=b"{}",
        began=at,
        ended=at,
    )


CAPSULE = Capsule(0.0, tuple(Recorded(exchange(n, each, at=n / 100)) for n, each in enumerate(RECORDED, 1)))


def played(*asked: Asked, again: bool = False, in_order: bool = False) -> WorkerReplay:
    """How a worker does that asks this, and perhaps the last of it again and again."""
    words = (sys.executable, "-c", WORKER, json.dumps(asked), "again" if again else "")
    return perform(CAPSULE, words, time_limit=LIMIT, in_order=in_order)


def test_other_words_and_measures_and_another_order_are_the_same() -> None:
    _, tasks, first, second, completed, _ = RECORDED
    other = ("POST", f"{BASE}/health", {"cpu_usage": 99, "server_name": "saigon-01"})
    said = ("POST", f"{BASE}/logs", {"logs": [{"level": "INFO", "message": "ended"}]})
    performance = played(tasks, tasks, other, other, second, first, completed, said)
    assert performance.difference is None
    assert (performance.matched, performance.missed) == (6, ())


def test_another_order_is_a_difference_where_it_has_to_be_the_recorded_one() -> None:
    performance = played(RECORDED[0], RECORDED[1], RECORDED[3], in_order=True)
    assert performance.difference is not None
    told = performance.difference
    assert (told.number, told.recorded, told.now) == (
        3,
        f'PUT {TASK}1 {{"status":"running"}}',
        f'PUT {TASK}2 {{"status":"running"}}',
    )


@pytest.mark.parametrize(
    ("asked", "number", "place", "recorded", "now"),
    [
        (("PUT", f"{TASK}1", {"status": "failed"}), 3, "request/body/status", "running", "failed"),
        (("GET", f"{BASE}/tasks?limit=5", None), 2, "request/query", "no query", "limit=5"),
        (("PUT", f"{TASK}1", {"status": "running", "note": "x"}), 3, "request/body/note", "nothing", "x"),
        (
            ("POST", f"{BASE}/logs", {"logs": [{"level": "LOUD", "message": "x"}]}),
            6,
            "request/body/logs/0/level",
            "INFO",
            "LOUD",
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
def test_the_first_request_that_departs_ends_the_play(
    asked: Asked, number: int, place: str, recorded: str, now: str
) -> None:
    performance = played(RECORDED[0], asked, again=True)
    told = performance.difference
    assert told is not None
    assert (told.number, told.place, told.recorded, told.now) == (number, place, recorded, now)
    assert performance.ended == "the worker was ended when it left the recording"
    assert performance.output == "200\n"


def test_a_worker_that_loops_over_what_was_recorded_is_ended() -> None:
    performance = played(RECORDED[0], RECORDED[1], again=True)
    assert performance.difference is not None
    told = performance.difference.number, performance.difference.now
    assert told == (3, f"GET {BASE}/tasks, again and again")
    assert performance.matched == 2


def test_a_write_that_comes_once_more_than_recorded_departs() -> None:
    performance = played(*RECORDED[:3], RECORDED[2])
    assert performance.difference is not None
    told = performance.difference.number, performance.difference.now
    assert told == (4, f'PUT {TASK}1 {{"status":"running"}}, once more')


def test_a_worker_that_exits_early_has_missed_the_rest() -> None:
    performance = played(*RECORDED[:4])
    assert performance.difference is not None
    assert performance.difference.number == 5
    assert performance.difference.now == "never asked: the worker exited with 0"
    assert [each.number for each in performance.missed] == [5, 6]


def test_a_worker_that_asks_for_nothing_more_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_replay, "_LEAST_PATIENCE", 0.1)
    words = (sys.executable, "-c", f"{WORKER}\nimport signal; signal.pause()", json.dumps(RECORDED[:1]), "")
    performance = perform(CAPSULE, words, time_limit=LIMIT)
    assert performance.difference is not None
    assert performance.difference.number == 2
    assert performance.ended.startswith("the worker was ended when it had asked for nothing new for ")


def test_a_worker_that_asks_for_nothing_more_is_waited_for_in_the_recordings_own_measure() -> None:
    recorded = tuple(Recorded(exchange(n, RECORDED[0], at=n * 3.0)) for n in range(1, 4))
    with CapsuleServer(Capsule(0.0, recorded)) as theatre, CapsuleServer(CAPSULE) as quick:
        assert theatre.seconds_without_news == 0
        assert 6 < theatre.patience < 30
        assert quick.patience < 6
