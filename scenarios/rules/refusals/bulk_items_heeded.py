"""What a bulk answer says of each item is heeded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from workerkit.scenarios.model.until import ENDS
from workerkit.scenarios.rules.refusals.left_alone import attempts_after_refusals
from workerkit.scenarios.rules.rule import Breach, Rule
from workerkit.scenarios.run_record.run import Run
from workerkit.scenarios.run_record.task_report import TaskReport
from workerkit.scenarios.run_record.violation import Violation


@dataclass(frozen=True, slots=True)
class BulkItemsHeeded(Rule):
    """An item answered with `success: false` is neither repeated nor taken for done.

    One that is another server's, or unknown, is left alone unless a list names it again. One that was refused
    for another reason is reported again in another way before the worker ends, if its task is not at an end.
    """

    id: ClassVar[str] = "bulk-items-heeded"
    why: ClassVar[str] = "A bulk update is answered with 200 even if some or all of its items were refused."
    careful: ClassVar[str] = "reads `results` item by item, and drops or corrects those that were refused"
    general: ClassVar[bool] = True

    def check(self, run: Run) -> list[Violation]:
        return self.found([*_repeated(run), *_forgotten(run)])


def _repeated(run: Run) -> Iterator[Breach]:
    for refusal, attempt in attempts_after_refusals(run):
        if refusal.in_bulk:
            yield Breach(
                f"{_refused(run, refusal)}, and the worker reported it again in "
                f"{run.named(attempt.exchange)}.",
                (refusal.number, attempt.number),
            )


def _forgotten(run: Run) -> Iterator[Breach]:
    if not run.done:
        return
    for task in run.own_tasks():
        reports = run.reports_by_task.get(task["id"].lower(), ())
        last = reports[-1] if reports else None
        if last is not None and last.in_bulk and last.outcome == "refused" and task["status"] not in ENDS:
            yield Breach(
                f"{_refused(run, last)}, and the worker never came back to it: it is {task['status']} still.",
                (last.number,),
            )


def _refused(run: Run, refusal: TaskReport) -> str:
    return f"The item of task {refusal.task} was refused ({refusal.code}) in {run.named(refusal.exchange)}"
