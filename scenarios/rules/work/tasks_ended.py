"""Rule tasks-ended: bring every task to an end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from workerkit.scenarios.rules.rule import Rule
from workerkit.scenarios.rules.unfinished_work import first_ids
from workerkit.scenarios.run_record.run import EndedBy, Run
from workerkit.scenarios.run_record.violation import Violation

_HOW_IT_ENDED: dict[EndedBy, str] = {
    "until": "when the scenario was over",
    "exit": "when the worker exited",
    "time-limit": "when the time limit was reached",
    "idle": "when the worker had done nothing more for half of the time limit",
    "failed": "when the verdict was certain",
}


@dataclass(frozen=True, slots=True)
class TasksEnded(Rule):
    """At the end of the run, all tasks of the worker's server must be completed, failed or canceled.

    If the run ended because the scenario was over, a task that had already ended once is not counted. It may
    be open because the worker set it back to pending, to try it again.
    """

    id: ClassVar[str] = "tasks-ended"
    why: ClassVar[str] = "A task that is left behind is never done, and nobody notices."
    careful: ClassVar[str] = (
        "goes on after a failure, repeats failed reports, and reads the list until it is empty. When it "
        "starts, it asks with status=running for the tasks of an earlier run"
    )
    general: ClassVar[bool] = False
    can_be_mended: ClassVar[bool] = True

    def check(self, run: Run) -> list[Violation]:
        ended = run.api.statuses_in("ended")
        open_tasks = [task for task in run.own_tasks() if task["status"] not in ended]
        if run.ended_by == "until":
            open_tasks = [task for task in open_tasks if not _has_ended(run, task, ended)]
        return [self.violation(_message(run, open_tasks))] if open_tasks else []


def _has_ended(run: Run, task: Mapping[str, Any], ended: Collection[str]) -> bool:
    return any(change.now in ended for change in run.history.changes(task["id"].lower()))


def _message(run: Run, open_tasks: Sequence[Mapping[str, Any]]) -> str:
    statuses = Counter(task["status"] for task in open_tasks)
    counts = ", ".join(f"{count} {status}" for status, count in statuses.items())
    return (
        f"{len(open_tasks)} of {len(run.own_tasks())} tasks of {run.server} were not completed, failed or "
        f"canceled {_HOW_IT_ENDED[run.ended_by]} ({counts}): {first_ids(open_tasks)}."
    )
