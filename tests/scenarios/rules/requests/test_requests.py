"""Rules about requests: documented requests, batches, log levels, secrets, heartbeats and polling."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from tests.scenarios.conftest import NO_TIME
from workerkit.scenarios.rules.requests.heartbeat_regular import HeartbeatRegular
from workerkit.scenarios.rules.requests.heartbeat_sent import HeartbeatSent
from workerkit.scenarios.rules.work.running_before_end import RunningBeforeEnd
from workerkit.scenarios.run_record.run import Run

MakeWorker = Callable[..., Any]
BrokenRules = Callable[[Run], list[str]]

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
    scripted_worker: MakeWorker, broken_rules: BrokenRules, method: str, path: str, body: Any, place: str
) -> None:
    worker = scripted_worker()
    worker.send(method, path, body)
    run = worker.run_record()
    assert broken_rules(run) == ["documented-requests"]
    ((_, flaw),) = run.flaws
    assert flaw.place == place


def test_what_a_dialect_allows_is_documented_there(
    scripted_worker: MakeWorker, broken_rules: BrokenRules
) -> None:
    worker = scripted_worker(
        limit_above_maximum="clamp", logs_empty="accept", log_level_case="any", null_field="ignore"
    )
    worker.list_tasks(limit=5000)
    worker.send_logs()
    worker.send_logs("Task started", level="info")
    worker.update(worker.add_task(), "running", note=None)
    assert broken_rules(worker.run_record(ended_by="until")) == []


def test_near_types_and_missing_bodies_are_documented_where_the_dialect_takes_them(
    scripted_worker: MakeWorker, broken_rules: BrokenRules
) -> None:
    worker = scripted_worker(loose_types="convert", missing_body="empty")
    task = worker.add_task(status="running")
    worker.send("POST", "/health")
    worker.update(task, None, how={"content_type": "text/plain"}, is_indexed="true")
    worker.update(task, "failed", error_message=404)
    assert broken_rules(worker.run_record(ended_by="until")) == []


@pytest.mark.parametrize("policy", ["bad-request", "unsupported", "ignored"])
def test_another_content_type_where_the_server_wants_json(
    scripted_worker: MakeWorker, broken_rules: BrokenRules, policy: str
) -> None:
    worker = scripted_worker(content_type=policy, missing_body="empty")
    worker.send("POST", "/health", {}, content_type="text/plain")
    run = worker.run_record()
    assert broken_rules(run) == ["documented-requests"]
    assert [flaw.place for _, flaw in run.flaws] == ["header content-type"]


def test_a_415_of_a_scenario_says_nothing_about_the_content_type(
    scripted_worker: MakeWorker, broken_rules: BrokenRules
) -> None:
    worker = scripted_worker()
    worker.send_heartbeat(fault="status", status=415)
    assert broken_rules(worker.run_record(ended_by="until")) == []


@pytest.mark.parametrize("missing_body", ["reject", "empty"])
def test_a_worker_may_repeat_a_report_that_the_server_ignored(
    scripted_worker: MakeWorker, broken_rules: BrokenRules, missing_body: str
) -> None:
    worker = scripted_worker(content_type="ignored", missing_body=missing_body)
    task = worker.add_task()
    for content_type in ("text/plain", "text/plain", "application/json"):
        worker.update(task, "running", how={"content_type": content_type})
        worker.update(task, "completed", how={"content_type": content_type}, link_post="https://a.example")
    assert broken_rules(worker.run_record()) == ["documented-requests"]


def test_a_worker_may_page_through_a_list_that_hands_out(
    scripted_worker: MakeWorker, broken_rules: BrokenRules
) -> None:
    worker = scripted_worker(listing="hands-out", transitions="strict")
    worker.add_tasks(5)
    while tasks := worker.list_tasks(status="pending", limit=2):
        worker.update(tasks[0], "queued")
        worker.do_tasks(*tasks)
    assert broken_rules(worker.run_record()) == []


def test_tasks_that_page_numbers_skip_in_a_list_that_hands_out_are_missed(
    scripted_worker: MakeWorker, broken_rules: BrokenRules
) -> None:
    worker = scripted_worker(listing="hands-out")
    worker.add_tasks(5)
    for page in (1, 2):
        worker.do_tasks(*worker.list_tasks(status="pending", limit=2, page=page))
    assert broken_rules(worker.run_record()) == ["every-page-read"]


@pytest.mark.parametrize(("count", "rules"), [(500, []), (501, ["bulk-within-limit"])])
def test_items_in_one_bulk_update(
    scripted_worker: MakeWorker, broken_rules: BrokenRules, count: int, rules: list[str]
) -> None:
    worker = scripted_worker()
    worker.bulk_update(*({"link_id": worker.add_task(), "status": "running"} for _ in range(count)))
    assert broken_rules(worker.run_record(ended_by="until")) == rules


@pytest.mark.parametrize(("count", "rules"), [(500, []), (501, ["logs-within-limit"])])
def test_entries_in_one_batch(
    scripted_worker: MakeWorker, broken_rules: BrokenRules, count: int, rules: list[str]
) -> None:
    worker = scripted_worker()
    worker.send_logs(*(f"Step {number}" for number in range(count)))
    assert broken_rules(worker.run_record()) == rules


@pytest.mark.parametrize("bad_entry", ["whole", "skip"])
@pytest.mark.parametrize("level", ["WARNING", "info", "CRITICAL"])
def test_a_level_that_is_not_documented(
    scripted_worker: MakeWorker, broken_rules: BrokenRules, level: str, bad_entry: str
) -> None:
    worker = scripted_worker(logs_bad_entry=bad_entry)
    worker.send_logs("Slow response from site", level=level)
    assert broken_rules(worker.run_record()) == ["log-levels"]


# Secrets


def leaks(worker: Any, task: str, text: str) -> None:
    worker.send_logs("Task started", f"Doing {text}")
    worker.update(task, "running", note=text)
    worker.update(task, "failed", error_message=f"{text} was refused")


def test_a_text_without_a_secret_is_allowed(scripted_worker: MakeWorker, broken_rules: BrokenRules) -> None:
    worker = scripted_worker()
    account = {"password": "pass1word", "email": "an@mail.example", "username": "an123"}
    task = worker.add_task(**account, site_name="a.example")
    leaks(worker, task, f"{task} for an123 at a.example, pass1word2, an.an@mail.example.org, a@b.example")
    assert broken_rules(worker.run_record()) == []


def test_a_password_that_is_a_common_word_or_a_name_is_not_looked_for(
    scripted_worker: MakeWorker, broken_rules: BrokenRules
) -> None:
    worker = scripted_worker()
    leaks(worker, worker.add_task(password="pass", username="an123"), "pass")
    leaks(worker, worker.add_task(password="giang123", username="giang123"), "giang123")
    assert broken_rules(worker.run_record()) == []


@pytest.mark.parametrize("field", ["password", "email"])
@pytest.mark.parametrize("spelled", [str, quote])
def test_a_secret_in_a_log_or_a_note(
    scripted_worker: MakeWorker, broken_rules: BrokenRules, field: str, spelled: Callable[[str], str]
) -> None:
    secrets = {"password": "hai mươi/2+1", "email": "an+work@mail.example"}
    worker = scripted_worker()
    task = worker.add_task(**secrets)
    leaks(worker, task, f"login={spelled(secrets[field])}&x=1")
    run = worker.run_record()
    assert broken_rules(run) == ["no-secrets-in-logs"]


# Heartbeats


def test_a_worker_without_heartbeats(scripted_worker: MakeWorker, broken_rules: BrokenRules) -> None:
    worker = scripted_worker(beats=False)
    worker.list_tasks()
    assert broken_rules(worker.run_record()) == []
    worker.do_tasks(worker.add_task())
    assert broken_rules(worker.run_record()) == ["heartbeat-sent"]
    assert broken_rules(worker.run_record(is_complete=False)) == []


@pytest.mark.parametrize(("requests", "rules"), [(10, []), (11, ["heartbeat-sent"])])
def test_a_worker_that_is_ended_before_its_thread_of_heartbeats_could_run(
    scripted_worker: MakeWorker, broken_rules: BrokenRules, requests: int, rules: list[str]
) -> None:
    worker = scripted_worker(beats=False)
    for task in worker.add_tasks(requests):
        worker.update(task, "running")
    for ended_by in ("until", "time-limit"):
        assert broken_rules(worker.run_record(ended_by=ended_by, exit_code=None)) == rules


@pytest.mark.parametrize(("pause", "rules"), [(1.0, []), (0.1, []), (0.05, ["heartbeat-not-too-often"])])
def test_heartbeats_by_the_clock(
    scripted_worker: MakeWorker, broken_rules: BrokenRules, pause: float, rules: list[str]
) -> None:
    worker = scripted_worker()
    for _ in range(30):
        worker.send_heartbeat(took=0)
        worker.wait(pause)
    assert broken_rules(worker.run_record()) == rules


def test_a_heartbeat_of_each_of_eight_threads(scripted_worker: MakeWorker, broken_rules: BrokenRules) -> None:
    worker = scripted_worker()
    for _ in range(8):
        worker.send_heartbeat()
    assert broken_rules(worker.run_record()) == []


def test_a_worker_that_falls_silent_while_it_works(scripted_worker: MakeWorker) -> None:
    worker = scripted_worker()
    worker.update(worker.add_task(), "running")
    worker.wait(25)
    worker.list_tasks()
    assert HeartbeatRegular(every=30.0).check(worker.run_record()) == []
    worker.wait(10)
    worker.list_tasks()
    (violation,) = HeartbeatRegular(every=30.0).check(worker.run_record())
    assert violation.exchanges == (1, 4)
    assert HeartbeatRegular(every=60.0).check(worker.run_record()) == []


@pytest.mark.parametrize(("stall", "count"), [(2.0, 0), (3.0, 1)])
def test_a_heartbeat_that_a_busy_machine_made_late(
    scripted_worker: MakeWorker, stall: float, count: int
) -> None:
    worker = scripted_worker()
    for _ in range(10):
        worker.wait(1)
        worker.list_tasks()
    worker.wait(stall)
    worker.send_heartbeat()
    assert len(HeartbeatRegular(every=11.0).check(worker.run_record())) == count


def test_a_refused_heartbeat_does_not_count(scripted_worker: MakeWorker, broken_rules: BrokenRules) -> None:
    worker = scripted_worker(beats=False)
    worker.send("POST", "/health", {"server_name": 1})
    worker.send("POST", "/health", {"server_name": "server-01"}, key="a-wrong-key")
    worker.do_tasks(*worker.add_tasks(2))
    run = worker.run_record()
    assert broken_rules(run) == ["documented-requests", "heartbeat-sent"]
    assert HeartbeatSent().check(run)[0].exchanges == (1, 2)


@pytest.mark.parametrize(
    "fault", [{"fault": "status", "status": 503}, {"fault": "key-refused"}, {"fault": "hang"}]
)
def test_a_heartbeat_with_a_temporary_failure_was_sent(
    scripted_worker: MakeWorker, broken_rules: BrokenRules, fault: dict[str, Any]
) -> None:
    worker = scripted_worker(beats=False)
    worker.send_heartbeat(**fault)
    worker.do_tasks(*worker.add_tasks(2))
    assert broken_rules(worker.run_record()) == []


@pytest.mark.parametrize(
    ("interval", "pause", "count"), [(5.0, 9.9, 0), (5.0, 10.1, 1), (0.5, 2.4, 0), (0.5, 2.6, 1)]
)
def test_heartbeats_by_the_interval_that_the_worker_states(
    scripted_worker: MakeWorker, interval: float, pause: float, count: int
) -> None:
    worker = scripted_worker()
    for _ in range(1000):
        worker.wait(pause / 1000 - NO_TIME)
        worker.list_tasks()
    worker.send_heartbeat()
    run = worker.run_record(heartbeat_interval=interval)
    assert len(HeartbeatRegular().check(run)) == count
    assert HeartbeatRegular().had_occasion(run) == bool(count)


@pytest.mark.parametrize("how", [{}, {"fault": "status", "status": 500}])
def test_a_daemon_that_sends_nothing_any_more(scripted_worker: MakeWorker, how: dict[str, Any]) -> None:
    worker = scripted_worker(beats=False)
    worker.send_heartbeat(**how)
    worker.wait(9)
    daemon = worker.run_record(heartbeat_interval=3.0, ended_by="until")
    (violation,) = HeartbeatRegular().check(daemon)
    assert "between exchange 1 (POST heartbeat at 0.000 s) and the end at 9.001 s." in violation.message
    assert "At most 6 s are allowed." in violation.message
    assert HeartbeatRegular().check(worker.run_record(heartbeat_interval=3.0)) == []


def test_what_is_missing_to_judge_heartbeats(scripted_worker: MakeWorker) -> None:
    worker = scripted_worker()
    without, short = worker.run_record(), worker.run_record(heartbeat_interval=5.0)
    assert not HeartbeatRegular().had_occasion(without)
    assert not HeartbeatRegular().had_occasion(short)
    assert "state how often yours sends them" in HeartbeatRegular().why_not_judged(without)
    assert "A missing heartbeat shows only after 10 s." in HeartbeatRegular().why_not_judged(short)
    assert HeartbeatRegular(every=10.0).why_not_judged(without) == HeartbeatRegular().why_not_judged(short)


# Requests that a server may read in another way


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("status[]", "status"),
        ("status[0]", "status"),
        ("Status", "status"),
        ("statuses", "status"),
        ("staus", "status"),
        ("pages", "page"),
        ("serviceType", "service_type"),
        ("service-type", "service_type"),
        ("limt", "limit"),
    ],
)
def test_a_misspelt_parameter(
    scripted_worker: MakeWorker, broken_rules: BrokenRules, name: str, meant: str
) -> None:
    worker = scripted_worker()
    worker.list_tasks(**{name: "1", "limit": 5})
    run = worker.run_record()
    assert broken_rules(run) == ["documented-requests"]
    ((_, flaw),) = run.flaws
    assert (flaw.place, flaw.message) == (
        f"query/{name}",
        f"is not a parameter of the API page, which has {meant}",
    )


@pytest.mark.parametrize("name", ["_", "offset", "sort", "per_page", "trace", "state", "t", "order_by"])
def test_other_parameters_are_allowed_where_the_server_ignores_them(
    scripted_worker: MakeWorker, broken_rules: BrokenRules, name: str
) -> None:
    worker = scripted_worker()
    worker.list_tasks(**{name: "1", "limit": 5})
    assert broken_rules(worker.run_record()) == []
    strict = scripted_worker(unknown_parameter="reject")
    strict.list_tasks(**{name: "1", "limit": 5})
    assert broken_rules(strict.run_record()) == ["documented-requests"]


@pytest.mark.parametrize(
    ("body", "is_clear"),
    [
        (b'{"status": "running", "status": "completed"}', False),
        (b'{"status": "running", "note": "{\\"a\\": 1, \\"a\\": 2}"}', True),
        (b'{"status": "running", "st\\u0061tus": "running"}', False),
    ],
)
def test_a_key_that_is_given_twice(scripted_worker: MakeWorker, body: bytes, is_clear: bool) -> None:
    worker = scripted_worker()
    worker.send("PUT", f"/tasks/{worker.add_task()}", body)
    messages = [f"{flaw}" for _, flaw in worker.run_record().flaws]
    assert messages == ([] if is_clear else ['body: has the key "status" twice in one object'])


def test_a_key_twice_in_an_item_of_a_bulk_update(scripted_worker: MakeWorker) -> None:
    worker = scripted_worker()
    first, second = worker.add_tasks(2)
    items = f'{{"link_id": "{first}", "status": "running"}}, {{"link_id": "{second}", "link_id": "{first}"}}'
    worker.send("PUT", "/tasks/bulk", f'{{"items": [{items}]}}'.encode())
    ((_, flaw),) = worker.run_record().flaws
    assert flaw.message == 'has the key "link_id" twice in one object'


# Polling


@pytest.mark.parametrize(("pause", "rules"), [(1 / 15, ["no-busy-polling"]), (1 / 9, [])])
def test_an_idle_daemon_that_reads_the_list_many_times_a_second(
    scripted_worker: MakeWorker, broken_rules: BrokenRules, pause: float, rules: list[str]
) -> None:
    worker = scripted_worker()
    for _ in range(40):
        worker.list_tasks(how={"took": 0})
        worker.wait(pause)
    assert broken_rules(worker.run_record(ended_by="until")) == rules


def test_eight_threads_may_read_the_list_at_the_same_time(
    scripted_worker: MakeWorker, broken_rules: BrokenRules
) -> None:
    worker = scripted_worker()
    for _ in range(2):
        for _ in range(8):
            worker.list_tasks()
        worker.wait(0.3)
    assert broken_rules(worker.run_record(ended_by="until")) == []


@pytest.mark.parametrize(("pause", "rules"), [(1.0, []), (0.1, []), (0.02, ["no-busy-polling"])])
def test_an_idle_daemon(
    scripted_worker: MakeWorker, broken_rules: BrokenRules, pause: float, rules: list[str]
) -> None:
    worker = scripted_worker()
    for _ in range(100):
        worker.list_tasks()
        worker.wait(pause)
        if worker.time % 20 < pause:
            worker.send_heartbeat()
    assert broken_rules(worker.run_record(ended_by="until")) == rules


def test_nothing_is_known_of_pauses_while_the_clock_stands(
    scripted_worker: MakeWorker, broken_rules: BrokenRules
) -> None:
    worker = scripted_worker()
    (task,) = worker.add_tasks(1)
    worker.world.clock.freeze(worker.world.clock.now())
    for how in ({}, {"fault": "status", "status": 503}, {"fault": "key-refused"}, {"fault": "reset"}):
        for _ in range(60):
            worker.send_heartbeat(took=0, **how)
            worker.list_tasks(how={"took": 0, **how})
            worker.update(task, "running", {"took": 0, **how})
    assert broken_rules(worker.run_record(ended_by="until")) == []


def test_many_small_pages_are_no_polling(scripted_worker: MakeWorker, broken_rules: BrokenRules) -> None:
    worker = scripted_worker()
    tasks = worker.add_tasks(60)
    page = worker.list_tasks(limit=1)
    while page:
        page = worker.list_tasks(limit=1, after=page[0])
    for task in tasks:
        assert worker.list_tasks(limit=1) == [task]
        worker.do_tasks(task)
    assert broken_rules(worker.run_record()) == []


def test_requests_in_the_name_of_another_server_are_not_the_workers(
    scripted_worker: MakeWorker, broken_rules: BrokenRules
) -> None:
    worker = scripted_worker()
    task = worker.add_task(server="server-02")
    for status in ("completed", "failed"):
        worker.update(task, status, {"key": "server-02-key"})
    assert broken_rules(worker.run_record()) == []


def test_a_message_can_be_read_without_documentation(scripted_worker: MakeWorker) -> None:
    worker = scripted_worker()
    task = worker.add_task()
    worker.wait(0.25)
    worker.update(task, "completed")
    (violation,) = RunningBeforeEnd().check(worker.run_record())
    assert violation.exchanges == (2,)
    assert violation.message == (
        f"Task {task} was pending, and the worker never reported it as running before it reported it as "
        "completed in exchange 2 (PUT updateTask at 0.251 s). A task that seems to wait can be canceled or "
        "given to another server while the worker works on it. A careful worker reports a task as running "
        "before it begins to work on it."
    )
