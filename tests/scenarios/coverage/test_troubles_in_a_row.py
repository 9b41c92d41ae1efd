"""Troubles in a row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from workerkit.scenarios.coverage.judged_run import JudgedRun
from workerkit.scenarios.coverage.troubles_in_a_row import TroublePair, troubles_in_a_row
from workerkit.scenarios.rules.judge import Verdict

BAD = {"fault": "status", "status": 503}
LOST = {"fault": "lost-answer"}


def test_two_troubles_of_the_same_question_are_a_pair(scripted_worker: Callable[..., Any]) -> None:
    worker = scripted_worker()
    first, second = worker.add_tasks(2, status="running")
    worker.update(first, "completed", how=BAD)
    worker.update(second, "completed", how=BAD)
    worker.list_tasks(how=BAD)
    worker.update(first, "completed", how=LOST)
    worker.list_tasks()
    worker.list_tasks(how=BAD)
    worker.update(first, "completed", how=BAD)
    verdict = Verdict("day", passed=True, broken=())
    assert troubles_in_a_row([JudgedRun(worker.run_record(), verdict)]) == {
        TroublePair("completion", "5xx", "answer-lost"): 1,
        TroublePair("completion", "answer-lost", "5xx"): 1,
    }
