"""Rule request-closed-last: close a customer's request after its last task."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from workerkit.openapi.exchange import Exchange
from workerkit.openapi.languages.phrase import phrase
from workerkit.scenarios.rules.rule import Breach, Rule
from workerkit.scenarios.run_record.run import Run
from workerkit.scenarios.run_record.task_report import TaskReport
from workerkit.scenarios.run_record.violation import Violation

_CLOSE = "setRequestStatus"


@dataclass(frozen=True, slots=True)
class RequestClosedLast(Rule):
    """The worker must not set a customer's request to completed while it still has to do tasks of it.

    The rule is broken if the worker reports the first result of a task after it closed the request of the
    task, and if a list had named the task before.
    """

    id: ClassVar[str] = "request-closed-last"
    why: ClassVar[str] = phrase("The customer sees a finished campaign, and links are still missing.")
    careful: ClassVar[str] = phrase(
        "closes a customer's request after the results of all its tasks were accepted"
    )
    general: ClassVar[bool] = True
    no_occasion: ClassVar[str] = phrase("the worker closed no customer's request")

    def check(self, run: Run) -> list[Violation]:
        return self.summarize(
            [
                _breach(run, close, result)
                for close in run.own_exchanges
                if _closes(close)
                for result in _later_results(run, close)
            ]
        )

    def had_occasion(self, run: Run) -> bool:
        return any(_closes(exchange) for exchange in run.own_exchanges)


def _closes(exchange: Exchange) -> bool:
    """Whether a request set a customer's request to completed."""
    if exchange.operation != _CLOSE or not exchange.accepted:
        return False
    request = exchange.request_json()
    return isinstance(request, dict) and request.get("status") == "completed"


def _later_results(run: Run, close: Exchange) -> Iterator[TaskReport]:
    """Returns the first results that came after a close, of tasks that the worker knew before."""
    request_id = str(close.request_json().get("request_id")).lower()
    for task in run.own_tasks():
        task_id = task["id"].lower()
        results = [report for report in run.reports_by_task.get(task_id, ()) if report.is_result]
        if (
            str(task.get("request_id")).lower() == request_id
            and results
            and results[0].exchange.began > close.ended
            and _was_known_and_open(run, task_id, close)
        ):
            yield results[0]


def _was_known_and_open(run: Run, task_id: str, close: Exchange) -> bool:
    pages = run.pages_by_task.get(task_id, ())
    was_listed = any(page.exchange.ended <= close.began for page in pages)
    status = run.history.value_before(task_id, close.number)
    return was_listed and status not in run.api.statuses_in("ended")


def _breach(run: Run, close: Exchange, result: TaskReport) -> Breach:
    return Breach(
        phrase(
            "The worker set a customer's request to completed in {close_exchange}, and reported "
            "task {task} of this request as {status} later, in {result_exchange}.",
            close_exchange=run.describe(close),
            task=result.task,
            status=result.status,
            result_exchange=run.describe(result.exchange),
        ),
        (close.number, result.number),
    )
