"""Rule tasks-ended: bring every task to an end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from workerkit.openapi.languages.phrase import joined, phrase
from workerkit.scenarios.fields.kinds import Seconds
from workerkit.scenarios.rules.last_activity import last_activity
from workerkit.scenarios.rules.next_poll import waits_for_next_poll
from workerkit.scenarios.rules.rule import Rule
from workerkit.scenarios.rules.unfinished_work import first_ids
from workerkit.scenarios.run_record.run import EndedBy, Run
from workerkit.scenarios.run_record.task_report import TaskReport
from workerkit.scenarios.run_record.violation import Violation

_NEVER_RUNNING = "running-before-end"
_HOW_IT_ENDED: dict[EndedBy, str] = {
    "until": phrase("when the scenario was over"),
    "exit": phrase("when the worker exited"),
    "time-limit": phrase("when the time limit was reached"),
    "idle": phrase("when the worker had done nothing more for half of the time limit"),
    "failed": phrase("when the verdict was certain"),
}


@dataclass(frozen=True, slots=True)
class TasksEnded(Rule):
    """At the end of the run, all tasks of the worker's server must be completed, failed or canceled.

    If the run ended because the scenario was over, a task that had already ended once is not counted. It may
    be open because the worker set it back to pending, to try it again. If the time limit ended the run, the
    rule is not judged while the worker may only be waiting before it reads the list again. This is so if all
    open tasks are waiting, the worker's last report or list succeeded less than `patience` before the end,
    and the worker has not read the list since.
    """

    id: ClassVar[str] = "tasks-ended"
    why: ClassVar[str] = phrase("A task that is left behind is never done, and nobody notices.")
    careful: ClassVar[str] = phrase(
        "goes on after a failure, repeats failed reports, and reads the list until it is empty. When it "
        "starts, it asks with status=running for the tasks of an earlier run"
    )
    general: ClassVar[bool] = False
    can_be_mended: ClassVar[bool] = True
    no_occasion: ClassVar[str] = phrase(
        "the worker was waiting when the time limit was reached. Perhaps it reads the list again later. "
        "Give it more time with --time-limit"
    )
    follows_from: ClassVar[tuple[str, ...]] = (
        "process-not-crashed",
        "goes-on-after-trouble",
        "goes-on-after-refusal",
        "hung-answer-given-up",
        "bulk-items-heeded",
        "result-repeated",
        "every-page-read",
        "none-left-running",
    )

    patience: Seconds = 60.0

    def check(self, run: Run) -> list[Violation]:
        open_tasks = _open_tasks(run)
        if not open_tasks or waits_for_next_poll(run, open_tasks, self.patience):
            return []
        refused = _refused_reports(run, open_tasks)
        last = () if run.ended_by == "until" else run.own_exchanges[-1:]
        numbers = dict.fromkeys(
            (*(report.number for report in refused), *(exchange.number for exchange in last))
        )
        violation = self.violation(_message(run, open_tasks, refused), tuple(numbers))
        if len(refused) == len(open_tasks) and all(report.is_result for report in refused):
            # Perhaps the results were refused only because the tasks were never reported as running.
            violation = replace(violation, follows_from=(*self.follows_from, _NEVER_RUNNING))
        return [violation]

    def had_occasion(self, run: Run) -> bool:
        open_tasks = _open_tasks(run)
        return not (open_tasks and waits_for_next_poll(run, open_tasks, self.patience))


def _open_tasks(run: Run) -> list[Mapping[str, Any]]:
    ended = run.api.statuses_in("ended")
    open_tasks = [task for task in run.own_tasks() if task["status"] not in ended]
    if run.ended_by == "until":
        open_tasks = [task for task in open_tasks if not _has_ended(run, task, ended)]
    return open_tasks


def _has_ended(run: Run, task: Mapping[str, Any], ended: Collection[str]) -> bool:
    return any(change.now in ended for change in run.history.changes(task["id"].lower()))


def _refused_reports(run: Run, open_tasks: Sequence[Mapping[str, Any]]) -> list[TaskReport]:
    """Returns the last report of each of these tasks, if the server refused it."""
    reports = (run.reports_by_task.get(task["id"].lower(), ()) for task in open_tasks)
    return [of_task[-1] for of_task in reports if of_task and of_task[-1].outcome == "refused"]


def _message(run: Run, open_tasks: Sequence[Mapping[str, Any]], refused: Sequence[TaskReport]) -> str:
    statuses = Counter(task["status"] for task in open_tasks)
    counts = ", ".join(f"{count} {status}" for status, count in statuses.items())
    ended = phrase(
        "{open_tasks_count} of {own_tasks_count} tasks of {server} were not completed, "
        "failed or canceled {how_it_ended} ({counts}): {ids}.",
        open_tasks_count=len(open_tasks),
        own_tasks_count=len(run.own_tasks()),
        server=run.server,
        how_it_ended=_HOW_IT_ENDED[run.ended_by],
        counts=counts,
        ids=first_ids(open_tasks),
    )
    codes = ", ".join(sorted({str(report.code) for report in refused}))
    refusals = (
        phrase(
            "The server refused the last report of {refused_count} of them ({codes}).",
            refused_count=len(refused),
            codes=codes,
        )
        if refused
        else ""
    )
    return joined(" ", filter(None, (ended, refusals, last_activity(run))))
