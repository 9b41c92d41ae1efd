"""How a worker asks: documented requests, batches, levels, secrets, heartbeats, polling."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from workerkit.scenarios.rules import HeartbeatRegular, RunningBeforeEnd
from workerkit.scenarios.run_record.run import Run

Begin = Callable[..., Any]
BrokenIn = Callable[[Run], list[str]]

UNKNOWN = "6f1e2c1a-0000-4000-8000-000000000001"


@pytest.mark.parametrize(
    ("method", "path", "body", "place"),
    [
        ("GET", "/task", None, "path"),
        ("PATCH", f"/tasks/{UNKNOWN}", {"status": "running"}, "method"),
        ("GET", "/tasks?limit=1001", None, "query/limit"),
        ("GET", "/tasks?status=done", None, "query/status/0"),
        ("PUT", f"/tasks/{UNKNOWN}", {"status": "done"}, "body/status"),
        ("PUT", f"/tasks/{UNKNOWN}", b"status=running", "body"),
        ("PUT", "/tasks/42", {"status": "running"}, "path/id"),
        ("POST", "/health", {"cpu_usage": "45%"}, "body/cpu_usage"),
        ("POST", "/callback/link/complete", {"id": UNKNOWN}, "body"),
        ("POST", "/logs", {"logs": [{"level": "INFO"}]}, "body/logs/0"),
        ("PUT", "/tasks/bulk", {"items": []}, "body/items"),
    ],
)
def test_a_request_that_is_not_documented(
    story: Begin, broken_in: BrokenIn, method: str, path: str, body: Any, place: str
) -> None:
    worker = story()
    worker.ask(method, path, body)
    run = worker.run()
    assert broken_in(run) == ["documented-requests"]
    ((_, flaw),) = run.flaws
    assert flaw.place == place


def test_what_a_dialect_allows_is_documented_there(story: Begin, broken_in: BrokenIn) -> None:
    worker = story(
        limit_above_maximum="clamp", logs_empty="accept", log_level_case="any", null_field="ignore"
    )
    worker.list(limit=5000)
    worker.log()
    worker.log("Task started", level="info")
    worker.put(worker.task(), "running", note=None)
    assert broken_in(worker.run(ended_by="until")) == []


def test_another_content_type_where_the_server_wants_json(story: Begin, broken_in: BrokenIn) -> None:
    worker = story(content_type="unsupported")
    worker.ask("POST", "/health", {}, content_type="text/plain")
    assert broken_in(worker.run()) == ["documented-requests"]


@pytest.mark.parametrize(("count", "rules"), [(500, []), (501, ["bulk-within-limit"])])
def test_items_in_one_bulk_update(story: Begin, broken_in: BrokenIn, count: int, rules: list[str]) -> None:
    worker = story()
    worker.bulk(*({"link_id": worker.task(), "status": "running"} for _ in range(count)))
    assert broken_in(worker.run(ended_by="until")) == rules


@pytest.mark.parametrize(("count", "rules"), [(500, []), (501, ["logs-within-limit"])])
def test_entries_in_one_batch(story: Begin, broken_in: BrokenIn, count: int, rules: list[str]) -> None:
    worker = story()
    worker.log(*(f"Step {number}" for number in range(count)))
    assert broken_in(worker.run()) == rules


@pytest.mark.parametrize("bad_entry", ["whole", "skip"])
@pytest.mark.parametrize("level", ["WARNING", "info", "CRITICAL"])
def test_a_level_that_is_not_documented(
    story: Begin, broken_in: BrokenIn, level: str, bad_entry: str
) -> None:
    worker = story(logs_bad_entry=bad_entry)
    worker.log("Slow response from site", level=level)
    assert broken_in(worker.run()) == ["log-levels"]


# Secrets


def leaks(worker: Any, task: str, text: str) -> None:
    worker.log("Task started", f"Doing {text}")
    worker.put(task, "running", note=text)
    worker.put(task, "failed", error_message=f"{text} was refused")


def test_what_is_no_secret_may_be_told(story: Begin, broken_in: BrokenIn) -> None:
    worker = story()
    account = {"password": "pass1word", "email": "an@mail.example", "username": "an123"}
    task = worker.task(**account, site_name="a.example")
    leaks(worker, task, f"{task} for an123 at a.example, pass1word2, an.an@mail.example.org, a@b.example")
    assert broken_in(worker.run()) == []


def test_a_password_that_is_a_common_word_or_a_name_is_not_looked_for(
    story: Begin, broken_in: BrokenIn
) -> None:
    worker = story()
    leaks(worker, worker.task(password="pass", username="an123"), "pass")
    leaks(worker, worker.task(password="giang123", username="giang123"), "giang123")
    assert broken_in(worker.run()) == []


@pytest.mark.parametrize("field", ["password", "email"])
@pytest.mark.parametrize("spelled", [str, quote])
def test_a_secret_in_a_log_or_a_note(
    story: Begin, broken_in: BrokenIn, field: str, spelled: Callable[[str], str]
) -> None:
    secrets = {"password": "hai mươi/2+1", "email": "an+work@mail.example"}
    worker = story()
    task = worker.task(**secrets)
    leaks(worker, task, f"login={spelled(secrets[field])}&x=1")
    run = worker.run()
    assert broken_in(run) == ["no-secrets-in-logs"]


# Heartbeats


def test_a_worker_without_heartbeats(story: Begin, broken_in: BrokenIn) -> None:
    worker = story(beats=False)
    worker.list()
    assert broken_in(worker.run()) == []
    worker.do(worker.task())
    assert broken_in(worker.run()) == ["heartbeat-sent"]
    assert broken_in(worker.run(whole=False)) == []


@pytest.mark.parametrize(("requests", "rules"), [(10, []), (11, ["heartbeat-sent"])])
def test_a_worker_that_is_ended_before_its_thread_of_heartbeats_could_run(
    story: Begin, broken_in: BrokenIn, requests: int, rules: list[str]
) -> None:
    worker = story(beats=False)
    for task in worker.tasks(requests):
        worker.put(task, "running")
    for ended_by in ("until", "time-limit"):
        assert broken_in(worker.run(ended_by=ended_by, exit_code=None)) == rules


@pytest.mark.parametrize(("pause", "rules"), [(1.0, []), (0.1, []), (0.05, ["heartbeat-not-too-often"])])
def test_heartbeats_by_the_clock(story: Begin, broken_in: BrokenIn, pause: float, rules: list[str]) -> None:
    worker = story()
    for _ in range(30):
        worker.beat(took=0)
        worker.wait(pause)
    assert broken_in(worker.run()) == rules


def test_a_heartbeat_of_each_of_eight_threads(story: Begin, broken_in: BrokenIn) -> None:
    worker = story()
    for _ in range(8):
        worker.beat()
    assert broken_in(worker.run()) == []


def test_a_worker_that_falls_silent_while_it_works(story: Begin) -> None:
    worker = story()
    worker.put(worker.task(), "running")
    worker.wait(25)
    worker.list()
    assert HeartbeatRegular().check(worker.run()) == []
    worker.wait(10)
    worker.list()
    (broken,) = HeartbeatRegular().check(worker.run())
    assert broken.exchanges == (1, 4)
    assert HeartbeatRegular(every=60.0).check(worker.run()) == []


@pytest.mark.parametrize(("stall", "count"), [(2.0, 0), (3.0, 1)])
def test_a_heartbeat_that_a_busy_machine_made_late(story: Begin, stall: float, count: int) -> None:
    worker = story()
    for _ in range(10):
        worker.wait(1)
        worker.list()
    worker.wait(stall)
    worker.beat()
    assert len(HeartbeatRegular(every=11.0).check(worker.run())) == count


# Polling


@pytest.mark.parametrize(("pause", "rules"), [(1.0, []), (0.1, []), (0.02, ["no-busy-polling"])])
def test_an_idle_daemon(story: Begin, broken_in: BrokenIn, pause: float, rules: list[str]) -> None:
    worker = story()
    for _ in range(100):
        worker.list()
        worker.wait(pause)
        if worker.time % 20 < pause:
            worker.beat()
    assert broken_in(worker.run(ended_by="until")) == rules


def test_nothing_is_known_of_pauses_while_the_clock_stands(story: Begin, broken_in: BrokenIn) -> None:
    worker = story()
    (task,) = worker.tasks(1)
    worker.world.clock.freeze(worker.world.clock.now())
    for how in ({}, {"fault": "status", "status": 503}, {"fault": "key-refused"}, {"fault": "reset"}):
        for _ in range(60):
            worker.beat(took=0, **how)
            worker.list(how={"took": 0, **how})
            worker.put(task, "running", {"took": 0, **how})
    assert broken_in(worker.run(ended_by="until")) == []


def test_many_small_pages_are_no_polling(story: Begin, broken_in: BrokenIn) -> None:
    worker = story()
    tasks = worker.tasks(60)
    page = worker.list(limit=1)
    while page:
        page = worker.list(limit=1, after=page[0])
    for task in tasks:
        assert worker.list(limit=1) == [task]
        worker.do(task)
    assert broken_in(worker.run()) == []


def test_requests_in_the_name_of_another_server_are_not_the_workers(
    story: Begin, broken_in: BrokenIn
) -> None:
    worker = story()
    task = worker.task(server="server-02")
    for status in ("completed", "failed"):
        worker.put(task, status, {"key": "server-02-key"})
    assert broken_in(worker.run()) == []


def test_a_message_can_be_read_without_documentation(story: Begin) -> None:
    worker = story()
    task = worker.task()
    worker.wait(0.25)
    worker.put(task, "completed")
    (broken,) = RunningBeforeEnd().check(worker.run())
    assert broken.exchanges == (2,)
    assert broken.message == (
        f"Task {task} was pending and the worker never reported it as running before it reported it as "
        "completed in exchange 2 (PUT updateTask at 0.251 s). A task that seems to wait can be canceled or "
        "given to another server while its work is being done. A careful worker reports a task as running "
        "before it begins to work on it."
    )
