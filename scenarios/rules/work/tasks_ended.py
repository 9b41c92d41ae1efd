"""Every task of the worker's own is brought to an end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from workerkit.scenarios.model.until import ENDS
from workerkit.scenarios.rules.rule import Rule
from workerkit.scenarios.run_record.run import EndedBy, Run
from workerkit.scenarios.run_record.violation import Violation

_MOST_NAMED = 3
_HOW_IT_ENDED: dict[EndedBy, str] = {
    "until": "when the scenario was over",
    "exit": "when the worker exited",
    "time-limit": "when the time limit was reached",
}


@dataclass(frozen=True, slots=True)
class TasksEnded(Rule):
    """All tasks of the worker's server are completed, failed or canceled at the end of the run."""

    id: ClassVar[str] = "tasks-ended"
    why: ClassVar[str] = "A task that is left behind is never done, and nobody is told."
    careful: ClassVar[str] = (
        "goes on after a disturbance, reports again what was refused, reads the list until it is empty, and "
        "asks at its start with status=running for what an earlier run left"
    )
    general: ClassVar[bool] = False

    def check(self, run: Run) -> list[Violation]:
        left = [task for task in run.own_tasks() if task["status"] not in ENDS]
        return [self.broken(_told(run, left))] if left else []


def _told(run: Run, left: Sequence[Mapping[str, Any]]) -> str:
    statuses = Counter(task["status"] for task in left)
    counted = ", ".join(f"{count} {status}" for status, count in statuses.items())
    ids = ", ".join(str(task["id"]) for task in left[:_MOST_NAMED])
    more = ", ..." if len(left) > _MOST_NAMED else ""
    return (
        f"{len(left)} of {len(run.own_tasks())} tasks of {run.server} were not completed, failed or canceled "
        f"{_HOW_IT_ENDED[run.ended_by]} ({counted}): {ids}{more}."
    )
