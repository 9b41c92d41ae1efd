"""Sentences that say when something happens in a scenario, and when the scenario ends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from workerkit.openapi.asked import TASK_KINDS
from workerkit.scenarios.fields.call_span import Calls
from workerkit.scenarios.fields.duration import duration_text
from workerkit.scenarios.fields.kinds import ANY
from workerkit.scenarios.fields.record import record_json
from workerkit.scenarios.model.trigger import After, OnAsked, OnCall, OnChange, OnMatch, OnState, Trigger
from workerkit.scenarios.model.until import Until

# What the worker does, by what its request asks.
_ACTIONS = {
    "first-page": "reads the first page of the list",
    "later-page": "reads a later page of the list",
    "queued": "sets it to queued",
    "running": "sets it to running",
    "completion": "reports its completion",
    "failure": "reports its failure",
    "cancellation": "cancels it",
    "requeue": "sets it back to pending",
    "details": "updates it without a status",
    "heartbeat": "sends a heartbeat",
    "logs": "sends logs",
    "request-status": "sets the status of a customer's request",
    "account-status": "sets the status of an account",
}


def trigger_sentence(trigger: Trigger, *, is_first: bool) -> str:
    """Says when a happening takes place. `is_first`: it is the first happening of its scenario."""
    match trigger:
        case OnCall(number, of):
            return f"At {_span(number, 'request')}{_of(of)}"
        case OnMatch(operation, calls=calls):
            details = f"{_of(operation)}{_with(trigger, 'operation')}"
            return f"At {_span(calls, 'matching request')}: a request{details}"
        case OnAsked(number=number):
            return f"At {_span(number, _asked_noun(trigger))}: the worker {_asked(trigger)}"
        case OnChange(status, calls=calls):
            return f"At {_span(calls, 'matching change')}: a task becomes {status}{_with(trigger, 'status')}"
        case OnState(status, count):
            return f"As soon as {count} tasks are {' or '.join(status)}{_with(trigger, 'status', 'count')}"
        case After(seconds, of):
            before = of or ("the start" if is_first else "the previous happening")
            return f"{duration_text(seconds)} after {before}" if seconds else f"At once after {before}"


def end_sentence(until: Until) -> str:
    """Says when a scenario ends."""
    return ", and ".join(_ends(until))


def display_value(value: Any) -> str:
    """A value of a scenario file on one line. A mapping has no braces around it."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {_inner(member)}" for name, member in value.items())
    return _inner(value)


def _ends(until: Until) -> Iterator[str]:
    if until.waits_for_tasks:
        yield "all tasks of the worker's server are completed, failed or canceled"
    if until.happening is not None:
        yield f"{until.happening} has happened"
    if until.calls is not None:
        yield f"{until.calls.number} requests{_of(until.calls.of)} have arrived"
    if until.time:
        since = "then" if until.happening else "the first request"
        yield f"{duration_text(until.time)} have passed since {since}"
    if until.heartbeats is not None:
        yield "a missing heartbeat would have been seen (with --heartbeat)"
    if until.quiet_seconds:
        duration = duration_text(until.quiet_seconds)
        yield f"for {duration} the worker has sent only heartbeats and requests for task lists"


def _asked_noun(trigger: OnAsked) -> str:
    """What the numbers of a trigger count."""
    nouns = ("task" if kind in TASK_KINDS else "request" for kind in trigger.what)
    return " or ".join(dict.fromkeys(nouns))


def _asked(trigger: OnAsked) -> str:
    again = " again after trouble" if trigger.repeated else ""
    since = f", counted since {trigger.since}" if trigger.since else ""
    group = f" (group: {trigger.group})" if trigger.group else ""
    return f"{' or '.join(_ACTIONS[kind] for kind in trigger.what)}{again}{group}{since}"


def _span(calls: Calls, noun: str) -> str:
    if calls.last == calls.first:
        return f"{noun} {calls.first}"
    if calls.last is not None:
        return f"each {noun} from {calls.first} to {calls.last}"
    return f"every {noun}" if calls.first == 1 else f"every {noun} from {calls.first} on"


def _of(operations: Sequence[str]) -> str:
    return "" if ANY in operations else f" of {' or '.join(operations)}"


def _with(trigger: OnMatch | OnChange | OnState, *omitted: str) -> str:
    details = record_json(trigger)
    rest = {key: value for key, value in details.items() if key not in (*omitted, "calls")}
    return f" ({display_value(rest)})" if rest else ""


def _inner(value: Any) -> str:
    if isinstance(value, Mapping):
        return f"{{{display_value(value)}}}"
    return f"[{', '.join(map(_inner, value))}]" if isinstance(value, list | tuple) else str(value)
