"""In which states the tasks were when a worker reported them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from workerkit.scenarios.coverage.judged_run import JudgedRun
from workerkit.scenarios.coverage.task_states import reported_states
from workerkit.scenarios.rules.judge import Verdict

UNKNOWN_TASK = "6f1e2c1a-0000-4000-8000-00000000ffff"


def test_each_report_is_counted_with_the_state_of_its_task_before_it(
    scripted_worker: Callable[..., Any],
) -> None:
    worker = scripted_worker()
    first, second = worker.add_tasks(2, status="pending")
    worker.do_tasks(first)
    worker.update(second, "running")
    worker.change_task(second, status="canceled")
    worker.update(second, "completed")
    worker.update(first, None, note="no status")
    worker.update(UNKNOWN_TASK, "completed")
    verdict = Verdict("day", passed=True, broken=())
    assert reported_states([JudgedRun(worker.run_record(), verdict)]) == {
        ("running", "pending"): 2,
        ("completed", "running"): 1,
        ("completed", "canceled"): 1,
        ("completed", "no such task"): 1,
    }
