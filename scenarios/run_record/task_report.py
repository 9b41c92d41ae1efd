"""What a worker says of one task in one request, and what it is told in return."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from workerkit.openapi.exchange import Exchange
from workerkit.openapi.spec.api import Api, UnknownPathError, WrongMethodError
from workerkit.scenarios.model.until import ENDS

TaskOutcome = Literal["done", "refused", "trouble", "unsure"]
RESULTS = ("completed", "failed")
_BULK = "bulkUpdateTasks"
_COMPLETION = "completeLink"
_PASSING = (401, 429)
_ODD = 400
# A client that waits no longer than this has given up, and never saw the answer.
_SLOW = 1.0


@dataclass(frozen=True, slots=True)
class TaskReport:
    """One task in one exchange, whether it stood there alone or as an item of a bulk update.

    task: the id in lower case.
    fields: the other fields that the request sent for the task.
    outcome: what the answer said about the task. `done`; `refused` for a lasting reason (400, 403, 404 and so
        on); `trouble` that may pass (401, 429, 5xx, no answer); `unsure` when the answer was broken or late.
    code: the status of a refusal or trouble. For an item of a bulk update it is the status that a single
        update would get. None otherwise.
    """

    exchange: Exchange
    task: str
    fields: Mapping[str, Any]
    outcome: TaskOutcome
    code: int | None = None
    in_bulk: bool = False

    @property
    def number(self) -> int:
        """The number of its exchange."""
        return self.exchange.number

    @property
    def status(self) -> str | None:
        """The status that it asks for."""
        status = "completed" if self.exchange.operation == _COMPLETION else self.fields.get("status")
        return status if isinstance(status, str) else None

    @property
    def is_end(self) -> bool:
        """Whether it says that the work on the task is over."""
        return self.status in ENDS

    @property
    def is_result(self) -> bool:
        """Whether it says how the work on the task came out."""
        return self.status in RESULTS

    @property
    def counts(self) -> bool:
        """Whether it is the callback that counts the link on its request."""
        return self.exchange.operation == _COMPLETION

    def known_before(self, later: Exchange) -> bool:
        """Whether the worker had its answer when it sent a later request."""
        return self.outcome in ("done", "refused") and later.began >= self.exchange.ended


def task_reports(exchanges: Sequence[Exchange], api: Api, garbled: Collection[int]) -> tuple[TaskReport, ...]:
    """All reports in these exchanges, in their order; what is no JSON and names no task is none."""
    codes = _codes(api)
    return tuple(
        report
        for exchange in exchanges
        for report in (_items if exchange.operation == _BULK else _single)(exchange, api, garbled, codes)
    )


def _single(
    exchange: Exchange, api: Api, garbled: Collection[int], codes: Mapping[str, int]
) -> Iterator[TaskReport]:
    task = _task_of(exchange, api)
    if task is not None:
        outcome = _outcome(exchange, garbled)
        yield TaskReport(exchange, task, _mapping(exchange.sent()), outcome, _code(exchange, outcome))


def _items(
    exchange: Exchange, api: Api, garbled: Collection[int], codes: Mapping[str, int]
) -> Iterator[TaskReport]:
    outcome = _outcome(exchange, garbled)
    results = _list(_mapping(exchange.answered()).get("results"))
    for place, item in enumerate(map(_mapping, _list(_mapping(exchange.sent()).get("items")))):
        task = item.get("link_id")
        if isinstance(task, str):
            of_item, code = outcome, _code(exchange, outcome)
            if outcome == "done":
                of_item, code = _outcome_of_item(
                    _mapping(results[place]) if place < len(results) else {}, codes
                )
            yield TaskReport(exchange, task.lower(), item, of_item, code, in_bulk=True)


def _outcome_of_item(result: Mapping[str, Any], codes: Mapping[str, int]) -> tuple[TaskOutcome, int | None]:
    success = result.get("success")
    if not isinstance(success, bool):
        return "unsure", None
    return ("done", None) if success else ("refused", codes.get(str(result.get("error")), _ODD))


def _task_of(exchange: Exchange, api: Api) -> str | None:
    """The id of the task that a request concerns, unless it concerns none or several."""
    try:
        match = api.match(exchange.method, exchange.path)
    except (UnknownPathError, WrongMethodError):
        return None
    if match.operation.subject is None or match.operation.subject.kind != "task":
        return None
    found = match.operation.subject_id(match.path_values, exchange.request_body)
    return found.lower() if found else None


def _outcome(exchange: Exchange, garbled: Collection[int]) -> TaskOutcome:
    if exchange.number in garbled:
        return "trouble" if exchange.status is None else "unsure"
    if exchange.ended - exchange.began >= _SLOW or (exchange.accepted and not exchange.answered()):
        return "unsure"
    return "done" if exchange.accepted else "trouble" if _may_pass(exchange) else "refused"


def _may_pass(exchange: Exchange) -> bool:
    return exchange.status is None or exchange.status in _PASSING or exchange.status >= 500


def _code(exchange: Exchange, outcome: TaskOutcome) -> int | None:
    return exchange.status if outcome in ("refused", "trouble") else None


def _codes(api: Api) -> dict[str, int]:
    """The statuses that the `error` of an item stands for."""
    codes = {api.error_code(status): status for status in (400, 403, 404, 409)}
    return {**codes, api.dialect["bulk-missing-code"]: 404}


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else ()
