"""Checks that compare the answer of an exchange with its request, for all exchanges of a run or a recording.

The checks cover only what the API page promises. They accept every value of every silence.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from workerkit.contracts.gate.way_trouble import is_way_trouble
from workerkit.contracts.page import lenient_spec
from workerkit.contracts.page.rules import OPERATION_RULES
from workerkit.contracts.relations.listed_tasks import next_status
from workerkit.contracts.relations.parsed_exchange import ParsedExchange
from workerkit.contracts.relations.refusable import may_be_refused
from workerkit.contracts.relations.request_text import unusual_part
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.exchange_reader import bulk_results_of, data_of, link_id_of, total_of
from workerkit.openapi.languages.phrase import error_text, phrase

_LARGEST_32_BITS = 2**31 - 1


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The result of one check of one exchange.

    rule: the id of the rule.
    flaw: what is wrong, or None if the rule is kept.
    """

    rule: str
    flaw: str | None


Results = Iterator[CheckResult]


def check_exchange(exchange: Exchange, *, is_legal: bool = False, may_hand_out: bool = True) -> Results:
    """The results of all checks of one exchange.

    There are none if the API has no operation for the request, if a number in it is beyond 2**53, or if the
    answer is not the server's own answer.

    is_legal: True if the caller already knows that the request follows the spec.
    may_hand_out: False if GET /tasks certainly does not change the tasks that it lists. Otherwise it may list
        pending tasks as queued.
    """
    parsed = ParsedExchange(exchange, is_legal, may_hand_out)
    if parsed.operation is None or parsed.has_unportable_request or is_way_trouble(exchange):
        return
    yield _no_system_error(parsed)
    yield _documented_status(parsed)
    yield _success_field(parsed)
    yield from _refusal_results(parsed)
    if exchange.accepted:
        yield from _accepted_results(parsed)


def _no_system_error(parsed: ParsedExchange) -> CheckResult:
    status = parsed.exchange.status
    if status is None or status < 500:
        return CheckResult("no-system-error", None)
    flaw = phrase("{unusual_part} was answered {status}", unusual_part=unusual_part(parsed), status=status)
    return CheckResult("no-system-error", flaw)


def _documented_status(parsed: ParsedExchange) -> CheckResult:
    status, exchange = parsed.exchange.status, parsed.exchange
    known = exchange.accepted or status in lenient_spec.possible_statuses(str(parsed.operation))
    expected = ", ".join(str(code) for code in sorted(lenient_spec.possible_statuses(str(parsed.operation))))
    flaw = phrase(
        "answered {status}, which is not a status of this operation on the API page ({expected})",
        status=status,
        expected=expected,
    )
    return _result("statuses", known, flaw)


def _success_field(parsed: ParsedExchange) -> CheckResult:
    # In the answer to a bulk update, `success` is a number and not checked here.
    success, status = parsed.answer_field("success"), parsed.exchange.status
    is_wrong = isinstance(success, bool) and success != parsed.exchange.accepted
    rule = OPERATION_RULES[str(parsed.operation)] if parsed.exchange.accepted else "statuses"
    return _result(
        rule,
        not is_wrong,
        phrase("answered {status}, but the answer has success: {success}", status=status, success=success),
    )


def _refusal_results(parsed: ParsedExchange) -> Results:
    status, flaw = parsed.exchange.status, parsed.request_flaw
    if flaw is not None:
        message = phrase(
            "answered {status} to a request that is not valid ({flaw})", status=status, flaw=error_text(flaw)
        )
        yield _result("bad-request", not parsed.exchange.accepted, message)
    if status == 403 and parsed.operation in ("updateTask", "updateLink", "completeLink"):
        has_code = b"not_your_task" in parsed.exchange.answer_body
        yield _result("not-your-task", has_code, phrase("answered 403 without the code not_your_task"))


def _accepted_results(parsed: ParsedExchange) -> Results:
    flaw, operation = parsed.answer_flaw, str(parsed.operation)
    if flaw is None or not parsed.has_unportable_answer:
        yield CheckResult(
            OPERATION_RULES[operation],
            None if flaw is None else phrase("the answer is not valid: {flaw}", flaw=error_text(flaw)),
        )
    if flaw is None and not parsed.has_unportable_answer:
        yield from _RELATIONS[operation](parsed)


def _no_results(_parsed: ParsedExchange) -> Results:
    yield from ()


def _list_results(parsed: ParsedExchange) -> Results:
    if parsed.has_repeated_parameter:
        return
    page = parsed.answer_json
    tasks: list[dict[str, Any]] = data_of(page)
    yield from _limit(parsed, page, tasks)
    yield from _page(parsed, page)
    yield from _unreadable_numbers(parsed, page)
    yield from _filters(parsed, tasks)
    yield from _ids(parsed, tasks)
    if not _hands_out(parsed, tasks):
        yield from _total(parsed, page, tasks)
        yield from _next_cursor(parsed, page, tasks)


def _hands_out(parsed: ParsedExchange, tasks: list[dict[str, Any]]) -> bool:
    """True if the list shows tasks as queued that its filter selected as pending.

    Then `total` may count the pending tasks before or after this list.
    """
    statuses = parsed.parameter_value("status")
    return bool(statuses) and not {str(task["status"]) for task in tasks} <= set(statuses)


def _limit(parsed: ParsedExchange, page: Mapping[str, Any], tasks: list[dict[str, Any]]) -> Results:
    requested, answered = parsed.parameter_value("limit"), page["limit"]
    if requested is not None:
        yield _equal("list-limit", "limit", answered, requested)
    bound = answered if requested is None else requested
    yield _result(
        "list-limit",
        len(tasks) <= bound,
        phrase("{tasks_count} tasks are listed with a limit of {bound}", tasks_count=len(tasks), bound=bound),
    )


def _page(parsed: ParsedExchange, page: Mapping[str, Any]) -> Results:
    requested = _judged_page(parsed)
    if requested is not None:
        yield _equal("list-page", "page", page["page"], requested)


def _judged_page(parsed: ParsedExchange) -> int | None:
    """The requested page, or the default. None if the request has a cursor, or a page number beyond 32 bits.

    A server may use the default in place of such a number.
    """
    requested = parsed.parameter_value("page")
    is_usual = isinstance(requested, int) and requested <= _LARGEST_32_BITS
    return requested if is_usual and "after" not in parsed.query else None


def _unreadable_numbers(parsed: ParsedExchange, page: Mapping[str, Any]) -> Results:
    # A server may refuse such a number or use the default, as its framework does.
    for name in ("page", "limit"):
        if parsed.is_unreadable_number(name) and not (name == "page" and "after" in parsed.query):
            text, default = parsed.query[name], lenient_spec.parameter_default(name)
            came = phrase(
                "{name}={text} was answered with the {name} {page}", name=name, text=text, page=page[name]
            )
            flaw = phrase("{came}, expected 400 or the default {default}", came=came, default=default)
            yield _result("bad-request", page[name] == default, flaw)


def _filters(parsed: ParsedExchange, tasks: list[dict[str, Any]]) -> Results:
    statuses = parsed.parameter_value("status")
    if statuses is not None:
        handed_out = {next_status("pending")} if parsed.may_hand_out and "pending" in statuses else set()
        others = sorted({str(task["status"]) for task in tasks} - {*statuses, *handed_out})
        flaw = phrase(
            "tasks with status {others} are listed for the filter {statuses}",
            others=", ".join(others),
            statuses=",".join(statuses),
        )
        yield _result("list-status", not others, flaw)
    service = parsed.query.get("service_type")
    if service:
        others = sorted({str(task["service_type"]) for task in tasks} - {service})
        flaw = phrase(
            "tasks with service_type {others} are listed for the filter {service}",
            others=", ".join(others),
            service=service,
        )
        yield _result("list-service-type", not others, flaw)


def _ids(parsed: ParsedExchange, tasks: list[dict[str, Any]]) -> Results:
    ids = [task["id"] for task in tasks]
    repeated = [task_id for task_id, count in Counter(ids).items() if count > 1]
    yield _result(
        "list", not repeated, phrase("task {value} is listed twice", value=repeated[0] if repeated else "")
    )
    after = parsed.query.get("after")
    if after is not None:
        has_itself = after.lower() in map(str.lower, ids)
        yield _result(
            "list-after",
            not has_itself,
            phrase("the page after task {after} has this task itself", after=after),
        )


def _total(parsed: ParsedExchange, page: Mapping[str, Any], tasks: list[dict[str, Any]]) -> Results:
    total = total_of(page)
    yield _result(
        "list-total",
        total >= len(tasks),
        phrase("total is {total}, but {tasks_count} tasks are listed", total=total, tasks_count=len(tasks)),
    )
    requested, limit = _judged_page(parsed), parsed.parameter_value("limit")
    if requested is None or limit is None:
        return
    expected = min(limit, max(0, total - (requested - 1) * limit))
    flaw = phrase(
        "page {requested} of {total} tasks, with limit {limit}, has {tasks_count} instead of {expected}",
        requested=requested,
        total=total,
        limit=limit,
        tasks_count=len(tasks),
        expected=expected,
    )
    yield _result("list-total", len(tasks) == expected, flaw)


def _next_cursor(parsed: ParsedExchange, page: Mapping[str, Any], tasks: list[dict[str, Any]]) -> Results:
    if not tasks:
        return
    cursor, last = page.get("next_cursor"), tasks[-1]["id"]
    yield _result(
        "list-next-cursor",
        _lower(cursor) in (_lower(last), None),
        phrase("next_cursor is {cursor}, the last id is {last}", cursor=cursor, last=last),
    )


def _update_results(parsed: ParsedExchange) -> Results:
    yield _same_id(
        "update-echo", "link_id", link_id_of(data_of(parsed.answer_json)), parsed.path_values["id"]
    )


def _bulk_results(parsed: ParsedExchange) -> Results:
    items, answer = parsed.request_field("items"), parsed.answer_json
    if not isinstance(items, list):
        return
    results = bulk_results_of(answer)
    updated = sum(map(itemgetter("success"), results))
    yield _equal("bulk-counts", "total", answer["total"], len(items))
    yield _equal("bulk-counts", "success", answer["success"], updated)
    yield _equal("bulk-counts", "failed", answer["failed"], len(results) - updated)
    # Results may have any order. The API page does not define the result of an item without a valid link_id.
    has_all = len(items) == len(results) and _are_results_of(items, results)
    yield _result("bulk-results", has_all, phrase("the results do not have the link_ids of the items"))
    if has_all:
        yield from _item_results(items, results)


def _are_results_of(items: list[Any], results: list[dict[str, Any]]) -> bool:
    if set(map(type, items)) <= {dict} and _ids_in(items) == _ids_in(results):
        return True
    return Counter(filter(None, map(_link_id_of, items))) <= Counter(map(_link_id_of, results))


def _ids_in(objects: list[dict[str, Any]]) -> list[Any]:
    return list(map(link_id_of, objects))


def _link_id_of(item: Any) -> str | None:
    link = link_id_of(item)
    return str(link).lower() if lenient_spec.schema_validator("Uuid").is_valid(link) else None


def _item_results(items: list[Any], results: list[dict[str, Any]]) -> Results:
    known = lenient_spec.enum_values("TaskStatus")
    if _all_have_status(known, items):
        return
    unknown = [item for item in items if isinstance(item, dict) and item.get("status") not in known]
    updated = {_link_id_of(result): result["success"] for result in results}
    counts = Counter(map(_link_id_of, items))
    for item in unknown:
        link_id, status = _link_id_of(item), item.get("status")
        is_alone = link_id is not None and counts[link_id] == 1
        if is_alone and isinstance(status, str) and status.strip() not in ("", *known):
            flaw = phrase("an item with the status {status!r} was updated", status=status)
            yield _result("update-status", not updated[link_id], flaw)


def _all_have_status(statuses: tuple[str, ...], items: list[Any]) -> bool:
    try:
        return frozenset(statuses).issuperset(map(itemgetter("status"), items))
    except (
        KeyError,
        TypeError,
    ):  # not an object, no status, or a status that is a list or an object
        return False


def _log_results(parsed: ParsedExchange) -> Results:
    entries = parsed.request_field("logs")
    if not isinstance(entries, list):
        return
    created = parsed.answer_json["created"]
    legal = lenient_spec.schema_validator("LogEntry").is_valid
    if all(legal(entry) for entry in entries) and not may_be_refused(parsed.exchange):
        yield _equal("logs-created", "created", created, len(entries))
    else:
        most = sum(1 for entry in entries if _may_be_stored(entry))
        flaw = phrase(
            "{created} entries were stored, but only {most} have a documented level",
            created=created,
            most=most,
        )
        yield _result("logs-levels", created <= most, flaw)


def _may_be_stored(entry: Any) -> bool:
    if not isinstance(entry, dict) or "level" not in entry:
        # The API page calls no field of an entry required. A server may have a default level.
        return isinstance(entry, dict)
    level = entry["level"]
    return isinstance(level, str) and level.strip().upper() in lenient_spec.enum_values("LogLevel")


def _callback_results(rule: str, name: str) -> Callable[[ParsedExchange], Results]:
    def results(parsed: ParsedExchange) -> Results:
        data, expected = data_of(parsed.answer_json), parsed.request_field(name)
        if isinstance(data, dict) and isinstance(expected, str) and name in data:
            yield _same_id(rule, name, data[name], expected)

    return results


_RELATIONS: Mapping[str, Callable[[ParsedExchange], Results]] = {
    "heartbeat": _no_results,
    "listTasks": _list_results,
    "updateTask": _update_results,
    "bulkUpdateTasks": _bulk_results,
    "sendLogs": _log_results,
    "updateLink": _callback_results("link-update", "link_id"),
    "completeLink": _callback_results("link-complete", "link_id"),
    "setRequestStatus": _callback_results("request-status", "request_id"),
    "setAccountStatus": _callback_results("account-status", "account_id"),
}


def _result(rule: str, kept: bool, flaw: str) -> CheckResult:
    return CheckResult(rule, None if kept else flaw)


def _equal(rule: str, name: str, value: Any, expected: Any) -> CheckResult:
    return _result(
        rule,
        value == expected,
        phrase("{name} is {value}, expected {expected}", name=name, value=value, expected=expected),
    )


def _same_id(rule: str, name: str, value: Any, expected: str) -> CheckResult:
    return _result(
        rule,
        _lower(value) == expected.lower(),
        phrase(
            "{name} is {value}, but the request has {expected}", name=name, value=value, expected=expected
        ),
    )


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value
