"""No page of the list is left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from workerkit.scenarios.faults import StalePage
from workerkit.scenarios.model.until import WAITING
from workerkit.scenarios.rules.rule import Breach, Rule
from workerkit.scenarios.rules.stopped_early import some, work_requests
from workerkit.scenarios.run_record.run import Run
from workerkit.scenarios.run_record.violation import Violation


@dataclass(frozen=True, slots=True)
class EveryPageRead(Rule):
    """A worker that ends because nothing is left to do has been given every task that waited all the time.

    Tasks that its own filters leave out do not count, nor do runs in which it was shown old pages.
    """

    id: ClassVar[str] = "every-page-read"
    why: ClassVar[str] = (
        "The list shrinks while its tasks are worked on: the second page begins where the third did, and "
        "what "
        "was between is never seen."
    )
    careful: ClassVar[str] = (
        "follows the cursor to the end, or begins with the first page again, until a list comes back empty"
    )
    general: ClassVar[bool] = True

    def check(self, run: Run) -> list[Violation]:
        if not (run.done and run.whole and run.listings) or _was_deceived(run) or _ended_in_trouble(run):
            return []
        missed = list(_missed(run))
        pages = [listing.exchange.number for listing in run.listings]
        text = (
            f"The worker ended, and {len(missed)} of its tasks, which waited all the time, were on none of "
            "the "
            f"{len(pages)} pages that it read: {some(missed)}."
        )
        return self.found([Breach(text, tuple(pages))] if missed else [])


def _missed(run: Run) -> Iterator[Mapping[str, Any]]:
    filters = {
        (*listing.asked["status"], listing.asked["service_type"]): listing for listing in run.listings
    }.values()
    for task in run.own_tasks():
        if _waited_unlisted(run, task) and any(
            each.would_list(task["status"], task["service_type"]) for each in filters
        ):
            yield task


def _waited_unlisted(run: Run, task: Mapping[str, Any]) -> bool:
    name = task["id"].lower()
    moved = any(run.history.changes(name, field) for field in ("status", "server"))
    return task["status"] in WAITING and not moved and name not in run.listings_by_task


def _was_deceived(run: Run) -> bool:
    return any(isinstance(fault, StalePage) for each in run.struck for fault in each.faults)


def _ended_in_trouble(run: Run) -> bool:
    last = work_requests(run)[-1]
    return not last.accepted or last.number in run.garbled
