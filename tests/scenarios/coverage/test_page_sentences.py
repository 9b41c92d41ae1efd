"""Which sentences of the API page a worker exercised."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from workerkit.openapi.page.page import page_sections
from workerkit.scenarios.coverage.judged_run import JudgedRun
from workerkit.scenarios.coverage.page_sentences import sentence_scenarios
from workerkit.scenarios.rules.judge import Verdict

Scripted = Callable[..., Any]


def exercised(worker: Any) -> set[str]:
    verdict = Verdict("day", passed=True, broken=())
    found = sentence_scenarios([JudgedRun(worker.run_record(), verdict)])
    assert set(found.values()) <= {(), ("day",)}
    return {sentence.text for sentence, names in found.items() if names}


def test_every_request_that_a_worker_can_send_exercises_every_sentence(scripted_worker: Scripted) -> None:
    worker = scripted_worker()
    tasks = worker.add_tasks(4, status="pending")
    heartbeat = {"server_name": "server-01", "ip": "127.0.0.1", "active_threads": 1, "active_tasks": 0}
    worker.send("POST", "/health", {**heartbeat, "cpu_usage": 1.0, "ram_usage": 1.0, "disk_usage": 1.0})
    worker.list_tasks(limit=1, page=1, status="pending", service_type="entity")
    worker.list_tasks(after=tasks[0])
    fields = {"link_profile": "https://a.example", "link_post": "https://a.example/1", "error_message": "no"}
    worker.update(tasks[0], "completed", note="n", is_indexed=True, **fields)
    worker.update(tasks[1], "canceled")
    worker.update(tasks[2], "failed")
    worker.update(tasks[2], "pending")
    worker.reassign_task(tasks[3])
    worker.update(tasks[3], "running")
    worker.bulk_update({"link_id": tasks[3], "status": "running"})
    worker.update("6f1e2c1a-0000-4000-8000-00000000ffff", "running")
    worker.send_logs("hello")
    worker.send_logs("hello", level="TRACE")
    worker.send("POST", "/callback/link/update", {"link_id": tasks[0], "status": "completed", **fields})
    worker.complete_link(tasks[2])
    worker.send("POST", "/callback/request/status", {"request_id": tasks[0], "status": "completed"})
    worker.send("POST", "/callback/account/status", {"account_id": tasks[0], "status": "active"})
    worker.send("GET", "/tasks", key="a-wrong-key")
    worker.send("GET", "/tasks", fault="status", status=500)
    can_be = {
        sentence.text
        for section in page_sections()
        for sentence in section.sentences
        if sentence.exercised_by is not None
    }
    assert can_be - exercised(worker) == set()


def test_a_heartbeat_exercises_what_it_sends_and_no_more(scripted_worker: Scripted) -> None:
    texts = exercised(scripted_worker())
    assert "server_name | string | Tên server |" in texts
    assert "ip | string | Địa chỉ IP |" not in texts
    assert not [text for text in texts if "tasks cùng lúc" in text or "401" in text]


def test_a_request_without_an_answer_exercises_nothing(scripted_worker: Scripted) -> None:
    worker = scripted_worker(beats=False)
    worker.list_tasks(how={"fault": "hang"})
    assert exercised(worker) == set()
