"""Rule goes-on-after-trouble: do not end because of one failed request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from workerkit.openapi.exchange import Exchange
from workerkit.openapi.exchange_reader import data_of
from workerkit.openapi.languages.phrase import phrase
from workerkit.scenarios.fields.kinds import Positive, Seconds
from workerkit.scenarios.rules.rule import Breach, Rule
from workerkit.scenarios.rules.unfinished_work import first_ids, work_requests
from workerkit.scenarios.run_record.run import Run
from workerkit.scenarios.run_record.violation import Violation


@dataclass(frozen=True, slots=True)
class GoesOnAfterTrouble(Rule):
    """A worker with open tasks must not end because of a 5xx, a 429, or a lost or unreadable answer.

    The worker may give up after `attempts` failed requests in a row, or after `patience`. A refused key (401)
    is not checked here.
    """

    id: ClassVar[str] = "goes-on-after-trouble"
    why: ClassVar[str] = phrase(
        "A temporary failure ends by itself. A worker that exits because of it leaves its tasks behind."
    )
    careful: ClassVar[str] = phrase("tries again after a pause, and gives up only after minutes")
    general: ClassVar[bool] = True
    can_be_mended: ClassVar[bool] = True
    no_occasion: ClassVar[str] = phrase("no list and no report of a task failed")

    attempts: Positive = 3
    patience: Seconds = 2.0

    def check(self, run: Run) -> list[Violation]:
        open_tasks = [
            task
            for task in run.own_tasks()
            if task["status"] not in run.api.statuses_in("ended") and not _was_refused(run, task)
        ]
        if not (run.exited_normally and open_tasks):
            return []
        failures = _last_failures(run)
        if not failures or len(failures) >= self.attempts or _span(failures) >= self.patience:
            return []
        last = failures[-1]
        answer = (
            phrase("was answered {status}", status=last.status) if last.status else phrase("got no answer")
        )
        unreadable = phrase(", and the answer cannot be read") if last.accepted else ""
        text = phrase(
            "The request of {last_exchange} {answer}{unreadable}. Then the worker ended, "
            "although {open_tasks_count} of its tasks had not ended: {ids}.",
            last_exchange=run.describe(last),
            answer=answer,
            unreadable=unreadable,
            open_tasks_count=len(open_tasks),
            ids=first_ids(open_tasks),
        )
        return self.summarize([Breach(text, tuple(exchange.number for exchange in failures))])

    def had_occasion(self, run: Run) -> bool:
        return any(_is_failure(run, exchange) for exchange in work_requests(run))


def _was_refused(run: Run, task: Mapping[str, Any]) -> bool:
    reports = run.reports_by_task.get(task["id"].lower(), ())
    return bool(reports) and reports[-1].outcome == "refused"


def _last_failures(run: Run) -> list[Exchange]:
    """Returns the worker's last requests for work that failed one after the other."""
    failures: list[Exchange] = []
    for exchange in reversed(work_requests(run)):
        if not _is_failure(run, exchange):
            break
        failures.insert(0, exchange)
    return failures


def _is_failure(run: Run, exchange: Exchange) -> bool:
    status = exchange.status
    if status is None or status == 429 or status >= 500:
        return True
    if exchange.accepted and exchange.number not in run.unreadable:
        return exchange.answer_json() is None
    return exchange.number in run.unreadable and _was_not_read(exchange)


def _was_not_read(exchange: Exchange) -> bool:
    """Whether the worker could not read the answer.

    Some workers can read JSON with a wrong content type, and an empty list of tasks is a good reason to end.
    So an answer with an empty list counts as read.
    """
    answer = exchange.answer_json()
    return not isinstance(answer, dict) or bool(data_of(answer))


def _span(exchanges: list[Exchange]) -> float:
    return exchanges[-1].ended - exchanges[0].began
