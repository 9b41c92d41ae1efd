"""Explains a difference: which exchanges contradict each other."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from workerkit.mockserver.capsules.comparison.difference import (
    MISSING,
    Difference,
    display,
    display_both,
    request_line,
)
from workerkit.mockserver.capsules.file.lost_updates import accepted_changes
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.exchange_reader import (
    bulk_items_of,
    bulk_results_of,
    data_of,
    key_of,
    link_id_of,
    listed_tasks,
    log_entries_of,
    server_identity,
    subject_task_id,
    total_of,
)
from workerkit.openapi.languages.phrase import joined, phrase
from workerkit.openapi.spec.api import worker_api
from workerkit.openapi.spec.flaw import FlawError

_LIST = re.compile(r"answer/data(?:/\d+)?")
_BULK_RESULT = re.compile(r"answer/results/(\d+)")
_BULK_VERDICT = re.compile(r"answer/results/\d+/(success|error)")
_SERVER_ID = ("answer/server_id", "answer/data/server_id")
_MAX_NAMED = 5
NOBODY_CHANGED = phrase("no accepted request has changed the task since then")
_TASK_FIELD = re.compile(r"answer/data/(\d+)/(\w+)")


@dataclass(frozen=True, slots=True)
class _Event:
    """An exchange that shows a task or changes it.

    fields: the shown or changed fields with their values.
    is_list: True if the exchange lists the task, False if it changes the task.
    """

    exchange: Exchange
    fields: Mapping[str, Any]
    is_list: bool


@dataclass(frozen=True, slots=True)
class _WrongField:
    """The field of a listed task that differs.

    place: its place in the exchange.
    value: its recorded value. MISSING if the task does not have it.
    """

    place: str
    task_id: str
    name: str
    value: Any

    def display(self, other: Any) -> str:
        """Another value of the field, for messages. Of a long text, the part that differs is shown."""
        return display_both(self.place, self.value, other)[1]


def explanation(exchanges: Sequence[Exchange], difference: Difference) -> str:
    """Sentences that name the other exchanges that a difference depends on. Empty if there are none.

    exchanges: all exchanges of the recording, in their order.
    """
    exchange = exchanges[difference.number - 1]
    before = exchanges[: difference.number - 1]
    if difference.last > difference.number:
        return _later_evidence(exchange, exchanges[difference.last - 1], difference)
    if difference.place in _SERVER_ID:
        return _about_server(before, exchange, difference)
    if exchange.operation != "listTasks":
        task_id = _updated_task(exchange, difference)
        return (
            _about_update(before, exchange, task_id)
            or _about_unlisted(exchanges, difference, task_id)
            or _about_body(exchange, difference, task_id)
        )
    if difference.place in ("answer/total", "answer/data"):
        return _about_length(exchange) or _about_longer_list(before, exchange)
    if difference.place == "answer/next_cursor":
        return _about_cursor(exchange, difference)
    field = _wrong_field(exchange, difference)
    if field is not None:
        return _about_field(before, difference, field)
    if difference.task and _LIST.fullmatch(difference.place):
        return _against_filter(exchange, difference.task) or _about_listing(before, exchange, difference)
    return ""


def explanation_alone(exchanges: Sequence[Exchange], difference: Difference) -> str:
    """The same for a recording in which exchanges may be missing.

    Only what no request can change is an explanation: the page itself, and whose task it is.
    """
    exchange = exchanges[difference.number - 1]
    others = [other for other in exchanges if other.number != difference.number]
    if difference.place in _SERVER_ID:
        return _about_server(others, exchange, difference)
    if exchange.operation != "listTasks":
        task_id = _updated_task(exchange, difference)
        return _about_update(others, exchange, task_id) or _about_body(exchange, difference, task_id)
    if difference.place in ("answer/total", "answer/data"):
        return _about_length(exchange)
    if difference.place == "answer/next_cursor":
        return _about_cursor(exchange, difference)
    field = _wrong_field(exchange, difference)
    task_id = difference.task if field is None else field.task_id
    events = [event for event in _events(others, task_id) if event.is_list] if task_id else []
    if field is not None:
        return _about_lasting_field(events, field)
    foreign = [event.exchange for event in events if key_of(event.exchange) != key_of(exchange)]
    against = _against_filter(exchange, task_id) if task_id else ""
    return against or (
        phrase("{named} lists this task for another API key", named=_named(foreign[0])) if foreign else ""
    )


def _wrong_field(exchange: Exchange, difference: Difference) -> _WrongField | None:
    """The field of a listed task that differs. None if something else differs, or if the task has no id."""
    place, tasks = _TASK_FIELD.fullmatch(difference.place), data_of(exchange.answer_json())
    task = tasks[int(place[1])] if place is not None and isinstance(tasks, list) else None
    if place is None or not isinstance(task, dict) or not isinstance(task.get("id"), str):
        return None
    return _WrongField(place[0], task["id"].lower(), place[2], task.get(place[2], MISSING))


def _about_lasting_field(events: Sequence[_Event], field: _WrongField) -> str:
    """A sentence about a list that shows another value of a field which no request can change."""
    for event in events:
        if field.name in event.fields and event.fields[field.name] != field.value:
            return phrase(
                "{named} shows {value}, and no request can change this",
                named=_named(event.exchange),
                value=field.display(event.fields[field.name]),
            )
    return ""


def _about_server(others: Sequence[Exchange], exchange: Exchange, difference: Difference) -> str:
    """A sentence about another answer to the same API key, with another id of the server."""
    for other in others:
        shown = display(difference.place, server_identity(other).get("server_id"))
        if key_of(other) == key_of(exchange) and shown == difference.now:
            return phrase(
                "{named} shows {value}, and no request can change this", named=_named(other), value=shown
            )
    return ""


def _updated_task(exchange: Exchange, difference: Difference) -> str:
    """The id of the task whose update differs, in lower case. Empty if there is no such task."""
    result = _BULK_RESULT.match(difference.place)
    if exchange.operation == "bulkUpdateTasks":
        results = bulk_results_of(exchange.answer_json())
        index = int(result[1]) if result else len(results)
        return str(link_id_of(results[index]) or "").lower() if index < len(results) else ""
    return subject_task_id(exchange, worker_api()) or ""


def _later_evidence(exchange: Exchange, last: Exchange, difference: Difference) -> str:
    """A sentence about the later exchange that shows the difference."""
    task_id = _updated_task(exchange, difference)
    if difference.place == "answer/total":
        is_too_small = difference.recorded.isdecimal() and int(difference.recorded) < int(difference.now)
        if is_too_small:
            return phrase("{named} lists further tasks", named=_named(last))
        return phrase("{named} lists all tasks: {now}", named=_named(last), now=difference.now)
    if difference.task and difference.recorded.startswith("no task "):
        return phrase(
            "{named} lists this task, {status_in}",
            named=_named(last),
            status_in=_status_in(last, difference.task),
        )
    if exchange.operation == "listTasks" or not task_id:
        return phrase("{named} contradicts this", named=_named(last))
    return phrase(
        "{named} should then list task {task_id}, but does not: it is not a task of this server",
        named=_named(last),
        task_id=task_id,
    )


def _status_in(exchange: Exchange, task_id: str) -> str:
    """The words for the status that a list shows."""
    tasks = (task for task in listed_tasks(exchange) or [] if task["id"].lower() == task_id)
    return phrase(
        "with the status {display}", display=display("answer/data/0/status", next(tasks, {}).get("status"))
    )


def _about_update(before: Sequence[Exchange], exchange: Exchange, task_id: str) -> str:
    """A sentence about the list that shows the task for another API key. Empty if there is none."""
    lists = [event.exchange for event in _events(before, task_id) if event.is_list] if task_id else []
    foreign = [task_list for task_list in lists if key_of(task_list) != key_of(exchange)]
    if not foreign or len(foreign) < len(lists):
        return ""
    return phrase(
        "{named} lists task {task_id} for another API key", named=_named(foreign[-1]), task_id=task_id
    )


def _about_unlisted(exchanges: Sequence[Exchange], difference: Difference, task_id: str) -> str:
    """A sentence about the accepted update of a task that no list shows. Empty for other differences."""
    is_refused_now = (difference.recorded, difference.now) in (("true", "false"), ("200", "404"))
    is_listed = any(event.is_list for event in _events(exchanges, task_id))
    if not task_id or not is_refused_now or is_listed:
        return ""
    return phrase("No list in the recording shows task {task_id}", task_id=task_id)


def _about_body(exchange: Exchange, difference: Difference, task_id: str) -> str:
    """A sentence that quotes the part of the request's body that was accepted or refused wrongly."""
    return _about_item(exchange, difference, task_id) or _about_levels(exchange, difference)


def _about_item(exchange: Exchange, difference: Difference, task_id: str) -> str:
    """A sentence that quotes the item of a bulk update that was accepted or refused wrongly."""
    items = [
        item
        for item in bulk_items_of(exchange.request_json())
        if str(link_id_of(item) or "").lower() == task_id
    ]
    if not items or not _BULK_VERDICT.fullmatch(difference.place):
        return ""
    return phrase("The item in the request is {item}", item=display("request/body/items", items[0]))


def _about_levels(exchange: Exchange, difference: Difference) -> str:
    """A sentence about a log entry with a level that the API page does not list. Empty if there is none."""
    if (exchange.operation, difference.place) != ("sendLogs", "answer/created"):
        return ""
    levels = worker_api().enumeration("LogLevel")
    for number, entry in enumerate(log_entries_of(exchange.request_json()), 1):
        level = entry.get("level") if isinstance(entry, dict) else None
        if isinstance(level, str) and level not in levels:
            return phrase(
                "Entry {number} has the level {level}, which the API page does not list",
                number=number,
                level=display("request/body/level", level),
            )
    return ""


def _about_cursor(exchange: Exchange, difference: Difference) -> str:
    """A sentence about a `next_cursor` that is not the last task of the page."""
    tasks = listed_tasks(exchange) or []
    if not tasks or difference.now != display(difference.place, tasks[-1]["id"]):
        return ""
    return phrase("The last task of the page is {task_id}", task_id=tasks[-1]["id"])


def _about_length(exchange: Exchange) -> str:
    """A sentence about a page with more or fewer tasks than its total says. Empty for other pages."""
    total, tasks, asked = total_of(exchange.answer_json()), listed_tasks(exchange) or [], _asked(exchange)
    if isinstance(total, int) and asked and asked.get("after") is None and tasks:
        least = (asked["page"] - 1) * asked["limit"] + len(tasks)
        if len(tasks) <= asked["limit"] and least > total:
            return phrase(
                "Page {page} with limit {limit} lists {tasks_count} tasks, so there are {least} or more, "
                "and not {total}: the page or the total is wrong",
                page=asked["page"],
                limit=asked["limit"],
                tasks_count=len(tasks),
                least=least,
                total=total,
            )
    is_first = asked.get("page") == 1 and asked.get("after") is None
    if not isinstance(total, int) or not is_first or len(tasks) >= min(total, asked["limit"]):
        return ""
    return phrase(
        "Page 1 with limit {limit} lists only {tasks_count} of {total} tasks: the page or the total is wrong",
        limit=asked["limit"],
        tasks_count=len(tasks),
        total=total,
    )


def _about_longer_list(before: Sequence[Exchange], exchange: Exchange) -> str:
    """A sentence about an earlier page of the same list, with more tasks than the total says."""
    total = total_of(exchange.answer_json())
    names = ("status", "service_type")
    asked = [_asked(exchange).get(name) for name in names]
    for earlier in reversed(before):
        count = len(listed_tasks(earlier) or [])
        is_same = (
            key_of(earlier) == key_of(exchange) and [_asked(earlier).get(name) for name in names] == asked
        )
        if is_same and isinstance(total, int) and count > total:
            return phrase("{named} lists {count} tasks", named=_named(earlier), count=count)
    return ""


def _against_filter(exchange: Exchange, task_id: str) -> str:
    """A sentence about a listed task that the request did not ask for. Empty if it is not listed so."""
    task = next((task for task in listed_tasks(exchange) or [] if task["id"].lower() == task_id), {})
    asked = _asked(exchange)
    tasks = listed_tasks(exchange) or []
    if task and task_id == str(asked.get("after")).lower():
        return phrase("The request asks for the tasks after this task, so the page must not list it")
    for field in ("status", "service_type"):
        wanted = _wanted(exchange, field)
        if wanted and isinstance(task.get(field), str) and task[field] not in wanted:
            asked_words = ",".join(wanted)
            return phrase(
                'The {field} of this task is "{task}", but the request asks for {asked_words}',
                field=field,
                task=task[field],
                asked_words=asked_words,
            )
    if asked and task and len(tasks) > asked["limit"]:
        return phrase(
            "The page lists {tasks_count} tasks, but the request asks for at most {limit}",
            tasks_count=len(tasks),
            limit=asked["limit"],
        )
    return ""


def _wanted(exchange: Exchange, field: str) -> list[str]:
    """The words for a field that a request for a list asks for. Empty if it asks for all words.

    If the API page does not allow a word, the words are taken as they are in the request.
    """
    asked, in_query = _asked(exchange), dict(parse_qsl(exchange.query)).get(field)
    words = asked.get(field) if asked else in_query
    if isinstance(words, str):
        words = words.split(",") if field == "status" else [words]
    return [*map(str, words or ())]


def _asked(exchange: Exchange) -> Mapping[str, Any]:
    """The parameters of a request for a list, with their defaults. Empty if the request is wrong."""
    try:
        return worker_api().operations["listTasks"].parse_request({}, exchange.query, b"").parameters
    except FlawError:
        return {}


def _about_field(before: Sequence[Exchange], difference: Difference, field: _WrongField) -> str:
    """Who set a field of a listed task last, or showed it last."""
    task_id = field.task_id
    events = list(_events(before, task_id))
    last = next((event for event in reversed(events) if field.name in event.fields), None)
    if last is None:
        return ""
    value = field.display(last.fields[field.name])
    later = [exchange for exchange in before if exchange.number > last.exchange.number]
    if not last.is_list and any(not event.is_list for event in _events(later, task_id)):
        return phrase(
            "{named} set it to {value}, and {since}",
            named=_named(last.exchange),
            value=value,
            since=_since(before, task_id, last),
        )
    if not last.is_list:
        return phrase(
            "{named} set it to {value}, and exchange {number} does not show this",
            named=_named(last.exchange),
            value=value,
            number=difference.number,
        )
    return phrase(
        "{named} showed {value}, and {since}",
        named=_named(last.exchange),
        value=value,
        since=_since(before, task_id, last),
    )


def _about_listing(before: Sequence[Exchange], exchange: Exchange, difference: Difference) -> str:
    """What earlier exchanges say about a task that is missing in a list, or that should not be there."""
    events = list(_events(before, difference.task))
    last = next((event for event in reversed(events) if "status" in event.fields), None)
    if last is None:
        return ""
    status = display("answer/data/0/status", last.fields["status"])
    if not last.is_list:
        return phrase(
            "{named} set the status of this task to {status}", named=_named(last.exchange), status=status
        )
    if key_of(last.exchange) != key_of(exchange):
        return phrase("{named} lists this task for another API key", named=_named(last.exchange))
    if difference.recorded.startswith("task ") and _is_same_list(last.exchange, exchange):
        return phrase(
            "{named} lists this task, too, but each task is on one page only", named=_named(last.exchange)
        )
    since = _since(before, difference.task, last)
    return phrase(
        "{named} lists this task with the status {status}, and {since}",
        named=_named(last.exchange),
        status=status,
        since=since,
    )


def _is_same_list(first: Exchange, second: Exchange) -> bool:
    """Whether two requests ask for pages of the same list."""
    filters = [
        {name: value for name, value in parse_qsl(exchange.query) if name not in ("page", "after")}
        for exchange in (first, second)
    ]
    return first.query != second.query and filters[0] == filters[1]


def _since(before: Sequence[Exchange], task_id: str, last: _Event) -> str:
    """What has changed the task since an event, or tried to."""
    later = [exchange for exchange in before if exchange.number > last.exchange.number]
    changes = [event for event in _events(later, task_id) if not event.is_list]
    if changes:
        names = {name for event in changes for name in event.fields} - {"link_id"}
        last_change = _named(changes[-1].exchange, first=False)
        return phrase(
            "after that, {last_change} changed only: {value}",
            last_change=last_change,
            value=", ".join(sorted(names)) or phrase("nothing"),
        )
    refused = [_named(item, first=False) for item in later if _asks_to_change(item, task_id)][-_MAX_NAMED:]
    tried = phrase(", but it was refused to {refused}", refused=joined(", ", refused)) if refused else ""
    return NOBODY_CHANGED + tried


def _asks_to_change(exchange: Exchange, task_id: str) -> bool:
    target = f"{exchange.path} ".encode("utf-8", "surrogatepass") + exchange.request_body
    return exchange.operation != "listTasks" and task_id.encode() in target.lower()


def _named(exchange: Exchange, *, first: bool = True) -> str:
    number, request = exchange.number, request_line(exchange)
    if first:
        return phrase("Exchange {number} ({request})", number=number, request=request)
    return phrase("exchange {number} ({request})", number=number, request=request)


def _events(exchanges: Sequence[Exchange], task_id: str) -> Iterator[_Event]:
    """The exchanges that list a task or change it, in their order."""
    for exchange in exchanges:
        for task in listed_tasks(exchange) or []:
            if task["id"].lower() == task_id:
                yield _Event(exchange, task, is_list=True)
        changes = accepted_changes(exchange)
        if task_id in changes:
            yield _Event(exchange, changes[task_id], is_list=False)
