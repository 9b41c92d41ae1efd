"""Relations between a request and its answer, for any exchange: the run's own, or recorded traffic.

A relation speaks only of what the page promises. Where it is silent (error bodies, the last cursor, bounds
below the minimum, the callbacks' answers), every value of the silence passes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from workerkit.contracts.page import lenient_spec
from workerkit.contracts.page.rules import OPERATION_RULES
from workerkit.contracts.relations.parsed_exchange import ParsedExchange
from workerkit.contracts.relations.refusable import may_be_refused
from workerkit.openapi.exchange import Exchange


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What one relation says of one exchange: `flaw` is what is wrong, or None where the rule is kept."""

    rule: str
    flaw: str | None


Results = Iterator[CheckResult]


def check_exchange(exchange: Exchange, *, is_legal: bool = False) -> Results:
    """Everything that the relations say of an exchange; nothing where it is for no operation.

    `is_legal` spares a look at the request where the spec is known to allow it with its own choices.
    """
    reading = ParsedExchange(exchange, is_legal)
    if reading.operation is None:
        return
    yield _no_system_error(exchange)
    if exchange.status is None:
        return
    yield _documented_status(reading)
    yield _consistent(reading)
    yield from _refusals(reading)
    if exchange.accepted:
        yield from _accepted(reading)


def _no_system_error(exchange: Exchange) -> CheckResult:
    if exchange.status is None:
        return CheckResult("no-system-error", f"no answer came: {exchange.why}")
    return _outcome("no-system-error", exchange.status < 500, f"answered {exchange.status}")


def _documented_status(reading: ParsedExchange) -> CheckResult:
    status, exchange = reading.exchange.status, reading.exchange
    known = exchange.accepted or status in lenient_spec.documented(str(reading.operation))
    return _outcome("statuses", known, f"answered {status}, which the page does not list")


def _consistent(reading: ParsedExchange) -> CheckResult:
    # In a batch's answer `success` is a count.
    success, status = reading.answered_field("success"), reading.exchange.status
    contrary = isinstance(success, bool) and success != reading.exchange.accepted
    rule = OPERATION_RULES[str(reading.operation)] if reading.exchange.accepted else "statuses"
    return _outcome(rule, not contrary, f"answered {status}, yet the answer says success: {success}")


def _refusals(reading: ParsedExchange) -> Results:
    status, flaw = reading.exchange.status, reading.certain_flaw
    if flaw is not None:
        accepted = f"answered {status} to a request that is not valid ({flaw})"
        yield _outcome("bad-request", not reading.exchange.accepted, accepted)
    if status == 403 and reading.operation in ("updateTask", "updateLink", "completeLink"):
        coded = b"not_your_task" in reading.exchange.answer_body
        yield _outcome("not-your-task", coded, "answered 403 without the code not_your_task")


def _accepted(reading: ParsedExchange) -> Results:
    flaw, operation = reading.answer_flaw, str(reading.operation)
    yield CheckResult(OPERATION_RULES[operation], None if flaw is None else f"the answer's form: {flaw}")
    if flaw is None:
        yield from _RELATIONS[operation](reading)


def _nothing_more(_reading: ParsedExchange) -> Results:
    yield from ()


def _listed(reading: ParsedExchange) -> Results:
    if reading.repeats_a_parameter:
        return
    page = reading.answered
    tasks: list[dict[str, Any]] = page["data"]
    yield from _limit(reading, page, tasks)
    yield from _page(reading, page)
    yield from _filters(reading, tasks)
    yield from _ids(reading, tasks)
    yield from _total(reading, page, tasks)
    yield from _next_cursor(reading, page, tasks)


def _limit(reading: ParsedExchange, page: Mapping[str, Any], tasks: list[dict[str, Any]]) -> Results:
    asked, answered = reading.legal_parameter("limit"), page["limit"]
    if asked is not None:
        yield _equal("list-limit", "limit", answered, asked)
    bound = answered if asked is None else asked
    yield _outcome("list-limit", len(tasks) <= bound, f"{len(tasks)} tasks with a limit of {bound}")


def _page(reading: ParsedExchange, page: Mapping[str, Any]) -> Results:
    asked = reading.legal_parameter("page")
    if asked is not None and "after" not in reading.query:
        yield _equal("list-page", "page", page["page"], asked)


def _filters(reading: ParsedExchange, tasks: list[dict[str, Any]]) -> Results:
    statuses = reading.legal_parameter("status")
    if statuses is not None:
        strays = sorted({str(task["status"]) for task in tasks} - set(statuses))
        flaw = f"tasks of status {', '.join(strays)} with the filter {','.join(statuses)}"
        yield _outcome("list-status", not strays, flaw)
    service = reading.query.get("service_type")
    if service:
        others = sorted({str(task["service_type"]) for task in tasks} - {service})
        flaw = f"tasks of service_type {', '.join(others)} with the filter {service}"
        yield _outcome("list-service-type", not others, flaw)


def _ids(reading: ParsedExchange, tasks: list[dict[str, Any]]) -> Results:
    ids = [task["id"] for task in tasks]
    twice = [each for each, count in Counter(ids).items() if count > 1]
    yield _outcome("list", not twice, f"task {twice[0] if twice else ''} stands there twice")
    after = reading.query.get("after")
    if after is not None:
        yield _outcome("list-after", after not in ids, f"the page after {after} has that task itself")


def _total(reading: ParsedExchange, page: Mapping[str, Any], tasks: list[dict[str, Any]]) -> Results:
    total = page["total"]
    yield _outcome("list-total", total >= len(tasks), f"total is {total}, yet {len(tasks)} tasks are there")
    asked, limit = reading.legal_parameter("page"), reading.legal_parameter("limit")
    if asked is None or limit is None or "after" in reading.query:
        return
    due = min(limit, max(0, total - (asked - 1) * limit))
    flaw = f"page {asked} of {total} tasks, {limit} a page, has {len(tasks)} instead of {due}"
    yield _outcome("list-total", len(tasks) == due, flaw)


def _next_cursor(reading: ParsedExchange, page: Mapping[str, Any], tasks: list[dict[str, Any]]) -> Results:
    if not tasks:
        return
    cursor, last = page.get("next_cursor"), tasks[-1]["id"]
    yield _outcome("list-next-cursor", cursor in (last, None), f"next_cursor is {cursor}, the last id {last}")
    asked, limit = reading.legal_parameter("page"), page["limit"]
    if asked is not None and "after" not in reading.query and asked * limit < page["total"]:
        yield _outcome("list-next-cursor", cursor is not None, "no next_cursor, yet there are further pages")


def _updated(reading: ParsedExchange) -> Results:
    yield _same_id("update-echo", "link_id", reading.answered["data"]["link_id"], reading.path_values["id"])


def _bulk_updated(reading: ParsedExchange) -> Results:
    items, answer = reading.sent_field("items"), reading.answered
    if not isinstance(items, list):
        return
    results = answer["results"]
    good = sum(map(itemgetter("success"), results))
    yield _equal("bulk-counts", "total", answer["total"], len(items))
    yield _equal("bulk-counts", "success", answer["success"], good)
    yield _equal("bulk-counts", "failed", answer["failed"], len(results) - good)
    # In whatever order. What the result of an item without a right link_id names is not said.
    answered = len(items) == len(results) and _are_results_of(items, results)
    yield _outcome("bulk-results", answered, "the results' link_ids are not the items'")
    if answered:
        yield from _bulk_items(items, results)


def _are_results_of(items: list[Any], results: list[dict[str, Any]]) -> bool:
    if set(map(type, items)) <= {dict} and _ids_in(items) == _ids_in(results):
        return True
    return Counter(filter(None, map(_link_in, items))) <= Counter(map(_link_in, results))


def _ids_in(objects: list[dict[str, Any]]) -> list[Any]:
    return [each.get("link_id") for each in objects]


def _link_in(item: Any) -> str | None:
    link = item.get("link_id") if isinstance(item, dict) else None
    return str(link).lower() if lenient_spec.validator("Uuid").is_valid(link) else None


def _bulk_items(items: list[Any], results: list[dict[str, Any]]) -> Results:
    known = lenient_spec.enumeration("TaskStatus")
    if _have_only(known, items):
        return
    odd = [each for each in items if isinstance(each, dict) and each.get("status") not in known]
    done = {_link_in(result): result["success"] for result in results}
    named = Counter(map(_link_in, items))
    for item in odd:
        link, status = _link_in(item), item.get("status")
        alone = link is not None and named[link] == 1
        if alone and isinstance(status, str):
            flaw = f"an item with the status {status!r} was updated"
            yield _outcome("update-status", not done[link], flaw)


def _have_only(statuses: tuple[str, ...], items: list[Any]) -> bool:
    try:
        return frozenset(statuses).issuperset(map(itemgetter("status"), items))
    except (KeyError, TypeError):  # no object, no status, or none of a kind that a set may have
        return False


def _logs_stored(reading: ParsedExchange) -> Results:
    entries = reading.sent_field("logs")
    if not isinstance(entries, list):
        return
    created = reading.answered["created"]
    legal = lenient_spec.validator("LogEntry").is_valid
    if all(legal(entry) for entry in entries) and not may_be_refused(reading.exchange):
        yield _equal("logs-created", "created", created, len(entries))
    else:
        most = sum(1 for entry in entries if _may_be_stored(entry))
        flaw = f"{created} entries were stored, of which only {most} have a level of the list"
        yield _outcome("logs-levels", created <= most, flaw)


def _may_be_stored(entry: Any) -> bool:
    level = entry.get("level") if isinstance(entry, dict) else None
    return isinstance(level, str) and level.upper() in lenient_spec.enumeration("LogLevel")


def _called_back(rule: str, name: str) -> Callable[[ParsedExchange], Results]:
    def relation(reading: ParsedExchange) -> Results:
        data, sent = reading.answered_field("data"), reading.sent_field(name)
        if isinstance(data, dict) and isinstance(sent, str) and name in data:
            yield _same_id(rule, name, data[name], sent)

    return relation


_RELATIONS: Mapping[str, Callable[[ParsedExchange], Results]] = {
    "heartbeat": _nothing_more,
    "listTasks": _listed,
    "updateTask": _updated,
    "bulkUpdateTasks": _bulk_updated,
    "sendLogs": _logs_stored,
    "updateLink": _called_back("link-update", "link_id"),
    "completeLink": _called_back("link-complete", "link_id"),
    "setRequestStatus": _called_back("request-status", "request_id"),
    "setAccountStatus": _called_back("account-status", "account_id"),
}


def _outcome(rule: str, kept: bool, flaw: str) -> CheckResult:
    return CheckResult(rule, None if kept else flaw)


def _equal(rule: str, name: str, seen: Any, expected: Any) -> CheckResult:
    return _outcome(rule, seen == expected, f"{name} is {seen}, expected {expected}")


def _same_id(rule: str, name: str, seen: Any, expected: str) -> CheckResult:
    return _outcome(rule, _lower(seen) == expected.lower(), f"{name} is {seen}, the request's is {expected}")


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value
