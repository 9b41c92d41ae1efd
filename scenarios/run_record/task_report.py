"""A worker's reports about tasks, and what the server answered to each report."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from workerkit.openapi.exchange import Exchange
from workerkit.openapi.exchange_reader import (
    bulk_items_of,
    bulk_results_of,
    link_id_of,
    request_as_read,
    subject_task_id,
)
from workerkit.openapi.spec.api import Api, worker_api

TaskOutcome = Literal["accepted", "refused", "temporary-failure", "unclear"]
RESULTS = ("completed", "failed")
_BULK = "bulkUpdateTasks"
_COMPLETION = "completeLink"
_TEMPORARY = (401, 429)
_UNKNOWN_ERROR_STATUS = 400
# In seconds. If an answer takes this long or longer, the worker may have given up before.
_SLOW = 1.0


@dataclass(frozen=True, slots=True)
class TaskReport:
    """One report about one task: a request for a single task, or one item of a bulk update.

    exchange: the exchange that sent the report.
    task: the id of the task in lower case.
    fields: the fields that the request sent for the task, as the server of the dialect reads them.
    outcome: what the answer said about the task.
        `accepted`: the server accepted the report.
        `refused`: it refused the report for a lasting reason (400, 403, 404 and so on).
        `temporary-failure`: it may accept the report later (401, 429, 5xx, no answer).
        `unclear`: the answer could not be read, or it took so long that the worker may not have waited.
    code: the status of a refusal or a temporary failure. For an item of a bulk update it is the status that
        an update of this task alone would get. None otherwise.
    in_bulk: True for an item of a bulk update.
    is_delivered: False if the worker closed the connection before it took the answer.
    """

    exchange: Exchange
    task: str
    fields: Mapping[str, Any]
    outcome: TaskOutcome
    code: int | None = None
    in_bulk: bool = False
    is_delivered: bool = True

    @property
    def number(self) -> int:
        """The number of its exchange."""
        return self.exchange.number

    @property
    def status(self) -> str | None:
        """The task status that the report asks for. None if it asks for none."""
        status = "completed" if self.exchange.operation == _COMPLETION else self.fields.get("status")
        return status if isinstance(status, str) else None

    @property
    def is_end(self) -> bool:
        """Whether the report ends the task: completed, failed or canceled."""
        return self.status in worker_api().statuses_in("ended")

    @property
    def is_result(self) -> bool:
        """Whether the report gives the result of the task: completed or failed."""
        return self.status in RESULTS

    @property
    def counts_link(self) -> bool:
        """Whether the report is the callback that raises `created_links` of the customer's request."""
        return self.exchange.operation == _COMPLETION

    def answered_before(self, later: Exchange) -> bool:
        """Whether the worker had a clear answer (accepted or refused) before it sent the request `later`."""
        is_clear = self.is_delivered and self.outcome in ("accepted", "refused")
        return is_clear and later.began >= self.exchange.ended


def task_reports(
    exchanges: Sequence[Exchange], api: Api, unreadable: Collection[int], undelivered: Collection[int] = ()
) -> tuple[TaskReport, ...]:
    """Returns all reports in these exchanges, in order. Requests that name no task are skipped.

    unreadable: the numbers of the exchanges whose answer the worker could not read.
    undelivered: the numbers of the exchanges whose answer the worker did not take.
    """
    codes = _item_error_codes(api)
    return tuple(
        replace(report, is_delivered=False) if exchange.number in undelivered else report
        for exchange in exchanges
        for report in (
            _bulk_reports(exchange, api, unreadable, codes)
            if exchange.operation == _BULK
            else _single_report(exchange, api, unreadable)
        )
    )


def _single_report(exchange: Exchange, api: Api, unreadable: Collection[int]) -> Iterator[TaskReport]:
    task = subject_task_id(exchange, api)
    if task is not None:
        outcome = _outcome(exchange, unreadable)
        fields = _mapping(request_as_read(exchange, api))
        yield TaskReport(exchange, task, fields, outcome, _code(exchange, outcome))


def _bulk_reports(
    exchange: Exchange, api: Api, unreadable: Collection[int], codes: Mapping[str, int]
) -> Iterator[TaskReport]:
    outcome = _outcome(exchange, unreadable)
    results = bulk_results_of(exchange.answer_json())
    for index, item in enumerate(map(_mapping, bulk_items_of(request_as_read(exchange, api)))):
        task = link_id_of(item)
        if isinstance(task, str):
            item_outcome, code = outcome, _code(exchange, outcome)
            if outcome == "accepted":
                item_outcome, code = _item_outcome(
                    _mapping(results[index]) if index < len(results) else {}, codes
                )
            yield TaskReport(exchange, task.lower(), item, item_outcome, code, in_bulk=True)


def _item_outcome(result: Mapping[str, Any], codes: Mapping[str, int]) -> tuple[TaskOutcome, int | None]:
    success = result.get("success")
    if not isinstance(success, bool):
        return "unclear", None
    if success:
        return "accepted", None
    return "refused", codes.get(str(result.get("error")), _UNKNOWN_ERROR_STATUS)


def _outcome(exchange: Exchange, unreadable: Collection[int]) -> TaskOutcome:
    if exchange.number in unreadable:
        return "temporary-failure" if exchange.status is None else "unclear"
    if exchange.ended - exchange.began >= _SLOW or (exchange.accepted and not exchange.answer_json()):
        return "unclear"
    if exchange.accepted:
        return "accepted"
    return "temporary-failure" if _is_temporary(exchange) else "refused"


def _is_temporary(exchange: Exchange) -> bool:
    return exchange.status is None or exchange.status in _TEMPORARY or exchange.status >= 500


def _code(exchange: Exchange, outcome: TaskOutcome) -> int | None:
    return exchange.status if outcome in ("refused", "temporary-failure") else None


def _item_error_codes(api: Api) -> dict[str, int]:
    """Returns the status that each `error` of a bulk item stands for."""
    codes = {api.error_code(status): status for status in (400, 403, 404, 409)}
    return {**codes, api.dialect["bulk-missing-code"]: 404}


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
