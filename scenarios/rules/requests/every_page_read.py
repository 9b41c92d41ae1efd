"""Rule every-page-read: read all tasks of the list before ending."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from workerkit.openapi.languages.phrase import phrase
from workerkit.scenarios.faults.mislead.stale_page import StalePage
from workerkit.scenarios.rules.rule import Breach, Rule
from workerkit.scenarios.rules.unfinished_work import first_ids, work_requests
from workerkit.scenarios.run_record.run import Run
from workerkit.scenarios.run_record.violation import Violation


@dataclass(frozen=True, slots=True)
class EveryPageRead(Rule):
    """A worker that exits with code 0 must have read every task that waited during the whole run.

    Tasks that the worker's own filters exclude are not counted. The rule is not checked if the server sent an
    old page, or if the worker's last request for work failed.
    """

    id: ClassVar[str] = "every-page-read"
    why: ClassVar[str] = phrase(
        "The list gets shorter while its tasks are done. Tasks of the second page move to the first page, "
        "and a worker that reads the second page next never sees them."
    )
    careful: ClassVar[str] = phrase(
        "follows the cursor to the end, or starts again with the first page, until a list is empty"
    )
    general: ClassVar[bool] = True
    can_be_mended: ClassVar[bool] = True
    follows_from: ClassVar[tuple[str, ...]] = ("goes-on-after-refusal",)
    no_occasion: ClassVar[str] = phrase("the worker read no list, or the run ended before it had read all")

    def check(self, run: Run) -> list[Violation]:
        if not (run.exited_normally and run.is_complete and run.pages):
            return []
        if _got_old_page(run) or _ended_in_trouble(run):
            return []
        missed = list(_missed_tasks(run))
        text = phrase(
            "The worker exited, but {missed_count} of its tasks were on none of the "
            "{pages_count} pages that it read. These tasks waited the whole time: {ids}.",
            missed_count=len(missed),
            pages_count=len(run.pages),
            ids=first_ids(missed),
        )
        numbers = tuple(page.exchange.number for page in run.pages)
        return self.summarize([Breach(text, numbers)] if missed else [])

    def had_occasion(self, run: Run) -> bool:
        return bool(run.pages) and (run.exited_normally or not any(_missed_tasks(run)))


def _missed_tasks(run: Run) -> Iterator[Mapping[str, Any]]:
    pages_by_filter = {
        (*page.parameters["status"], page.parameters["service_type"]): page for page in run.pages
    }
    for task in run.own_tasks():
        if _waited_unlisted(run, task) and any(
            page.can_list(task["status"], task["service_type"]) for page in pages_by_filter.values()
        ):
            yield task


def _waited_unlisted(run: Run, task: Mapping[str, Any]) -> bool:
    task_id = task["id"].lower()
    has_changed = any(run.history.changes(task_id, field) for field in ("status", "server"))
    return (
        task["status"] in run.api.statuses_in("waiting")
        and not has_changed
        and task_id not in run.pages_by_task
    )


def _got_old_page(run: Run) -> bool:
    return any(isinstance(fault, StalePage) for applied in run.applied_faults for fault in applied.faults)


def _ended_in_trouble(run: Run) -> bool:
    last = work_requests(run)[-1]
    return not last.accepted or last.number in run.unreadable
