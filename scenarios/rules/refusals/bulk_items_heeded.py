"""Rule bulk-items-heeded: read the result of every item of a bulk update."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from workerkit.openapi.languages.phrase import phrase
from workerkit.scenarios.rules.refusals.left_alone import attempts_after_refusals
from workerkit.scenarios.rules.rule import Breach, Rule
from workerkit.scenarios.run_record.run import Run
from workerkit.scenarios.run_record.task_report import TaskReport
from workerkit.scenarios.run_record.violation import Violation


@dataclass(frozen=True, slots=True)
class BulkItemsHeeded(Rule):
    """The worker must read the result of every item of a bulk update.

    If an item was refused because its task is unknown or belongs to another server, the worker must not
    report the task again until a list names it again. If an item was refused for another reason and its task
    has not ended, the worker must report the task again before it exits.
    """

    id: ClassVar[str] = "bulk-items-heeded"
    why: ClassVar[str] = phrase(
        "The server answers a bulk update with 200 even if it refused some or all of the items."
    )
    careful: ClassVar[str] = phrase(
        "reads `results` item by item, and drops or corrects the items that were refused"
    )
    general: ClassVar[bool] = True
    can_be_mended: ClassVar[bool] = True
    no_occasion: ClassVar[str] = phrase("no item of a bulk update was refused")

    def check(self, run: Run) -> list[Violation]:
        return self.summarize([*_repeated(run), *_forgotten(run)])

    def had_occasion(self, run: Run) -> bool:
        return any(report.in_bulk and report.outcome == "refused" for report in run.reports)


def _repeated(run: Run) -> Iterator[Breach]:
    for refusal, attempt in attempts_after_refusals(run):
        if refusal.in_bulk:
            yield Breach(
                phrase(
                    "{refused}, and the worker reported the task again in {attempt_exchange}.",
                    refused=_refused(run, refusal),
                    attempt_exchange=run.describe(attempt.exchange),
                ),
                (refusal.number, attempt.number),
            )


def _forgotten(run: Run) -> Iterator[Breach]:
    if not run.exited_normally:
        return
    for task in run.own_tasks():
        reports = run.reports_by_task.get(task["id"].lower(), ())
        last = reports[-1] if reports else None
        if (
            last is not None
            and last.in_bulk
            and last.outcome == "refused"
            and task["status"] not in run.api.statuses_in("ended")
        ):
            yield Breach(
                phrase(
                    "{refused}, and the worker did not report the task again: it is still {status}.",
                    refused=_refused(run, last),
                    status=task["status"],
                ),
                (last.number,),
            )


def _refused(run: Run, refusal: TaskReport) -> str:
    return phrase(
        "The item of task {task} was refused ({code}) in {refusal_exchange}",
        task=refusal.task,
        code=refusal.code,
        refusal_exchange=run.describe(refusal.exchange),
    )
