"""Explains a difference: which exchanges contradict each other."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from workerkit.mockserver.capsules.file.lost_updates import accepted_changes
from workerkit.mockserver.capsules.replay.difference import Difference, display, request_line
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.exchange_reader import key_of, listed_tasks

_LIST = re.compile(r"answer/data(?:/\d+)?")
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


def explanation(exchanges: Sequence[Exchange], difference: Difference) -> str:
    """Sentences that name the other exchanges that a difference depends on. Empty if there are none.

    exchanges: all exchanges of the recording, in their order.
    """
    exchange = exchanges[difference.number - 1]
    before = exchanges[: difference.number - 1]
    if difference.last > difference.number:
        return _later_evidence(exchange, exchanges[difference.last - 1])
    if exchange.operation != "listTasks":
        return ""
    field = _TASK_FIELD.fullmatch(difference.place)
    if field is not None:
        task_id = str((listed_tasks(exchange) or [])[int(field[1])]["id"]).lower()
        return _about_field(before, difference, task_id, field[2])
    if difference.task and _LIST.fullmatch(difference.place):
        return _against_filter(exchange, difference.task) or _about_listing(before, exchange, difference)
    return ""


def _later_evidence(exchange: Exchange, last: Exchange) -> str:
    """A sentence about the later exchange that shows the difference."""
    if exchange.operation == "listTasks":
        return f"{_named(last)} contradicts this"
    return f"{_named(last)} should list each updated task of this server, but one is missing"


def _against_filter(exchange: Exchange, task_id: str) -> str:
    """A sentence about a listed task that the request did not ask for. Empty if it is not listed so."""
    query = dict(parse_qsl(exchange.query))
    tasks = [task for task in listed_tasks(exchange) or [] if task["id"].lower() == task_id]
    for field, default in (("status", "pending,queued"), ("service_type", "")):
        asked, given = query.get(field, default), tasks[0].get(field) if tasks else None
        if asked and isinstance(given, str) and given not in asked.split(","):
            return f'The {field} of this task is "{given}", but the request asks for {asked}'
    return ""


def _about_field(before: Sequence[Exchange], difference: Difference, task_id: str, field: str) -> str:
    """Who set a field of a listed task last, or showed it last."""
    events = list(_events(before, task_id))
    last = next((event for event in reversed(events) if field in event.fields), None)
    if last is None:
        return ""
    value = display(difference.place, last.fields[field])
    if not last.is_list:
        return (
            f"{_named(last.exchange)} set it to {value}, and exchange {difference.number} does not show this"
        )
    return f"{_named(last.exchange)} showed {value}, and {_since(events, last)}"


def _about_listing(before: Sequence[Exchange], exchange: Exchange, difference: Difference) -> str:
    """What earlier exchanges say about a task that is missing in a list, or that should not be there."""
    events = list(_events(before, difference.task))
    last = next((event for event in reversed(events) if "status" in event.fields), None)
    if last is None:
        return ""
    status = display("answer/data/0/status", last.fields["status"])
    if not last.is_list:
        return f"{_named(last.exchange)} set the status of this task to {status}"
    if key_of(last.exchange) != key_of(exchange):
        return f"{_named(last.exchange)} lists this task for another API key"
    return f"{_named(last.exchange)} lists this task with the status {status}, and {_since(events, last)}"


def _since(events: Sequence[_Event], last: _Event) -> str:
    """What has changed the task since an event."""
    later = [event for event in events if event.exchange.number > last.exchange.number and not event.is_list]
    if not later:
        return "no recorded request has changed the task since then"
    fields = (
        ", ".join(sorted({field for event in later for field in event.fields} - {"link_id"})) or "nothing"
    )
    return f"after that, {_named(later[-1].exchange, first=False)} changed only: {fields}"


def _named(exchange: Exchange, *, first: bool = True) -> str:
    return f"{'E' if first else 'e'}xchange {exchange.number} ({request_line(exchange)})"


def _events(exchanges: Sequence[Exchange], task_id: str) -> Iterator[_Event]:
    """The exchanges that list a task or change it, in their order."""
    for exchange in exchanges:
        for task in listed_tasks(exchange) or []:
            if task["id"].lower() == task_id:
                yield _Event(exchange, task, is_list=True)
        changes = accepted_changes(exchange)
        if task_id in changes:
            yield _Event(exchange, changes[task_id], is_list=False)
