"""Sentences that say when something happens in a scenario, and when the scenario ends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from workerkit.openapi.asked import TASK_KINDS
from workerkit.openapi.languages.phrase import joined, phrase
from workerkit.scenarios.fields.call_span import Calls
from workerkit.scenarios.fields.duration import duration_text
from workerkit.scenarios.fields.kinds import ANY
from workerkit.scenarios.fields.record import record_json
from workerkit.scenarios.model.trigger import After, OnAsked, OnCall, OnChange, OnMatch, OnState, Trigger
from workerkit.scenarios.model.until import Until

# What the worker does, by what its request asks.
_ACTIONS = {
    "first-page": phrase("reads the first page of the list"),
    "later-page": phrase("reads a later page of the list"),
    "queued": phrase("sets it to queued"),
    "running": phrase("sets it to running"),
    "completion": phrase("reports its completion"),
    "failure": phrase("reports its failure"),
    "cancellation": phrase("cancels it"),
    "requeue": phrase("sets it back to pending"),
    "details": phrase("updates it without a status"),
    "heartbeat": phrase("sends a heartbeat"),
    "logs": phrase("sends logs"),
    "request-status": phrase("sets the status of a customer's request"),
    "account-status": phrase("sets the status of an account"),
}
_OR, _AND = phrase(" or "), phrase(", and ")


def trigger_sentence(trigger: Trigger, *, is_first: bool) -> str:
    """Says when a happening takes place. `is_first`: it is the first happening of its scenario."""
    match trigger:
        case OnCall(number, of):
            return phrase("At {span}", span=_span(number, "request")) + _of(of)
        case OnMatch(operation, calls=calls):
            span = _span(calls, phrase("matching request"))
            return phrase("At {span}: a request", span=span) + _of(operation) + _with(trigger, "operation")
        case OnAsked(number=number):
            span = _span(number, _asked_noun(trigger))
            return phrase("At {span}: the worker {action}", span=span, action=_asked(trigger))
        case OnChange(status, calls=calls):
            span = _span(calls, phrase("matching change"))
            change = phrase("At {span}: a task becomes {status}", span=span, status=status)
            return change + _with(trigger, "status")
        case OnState(status, count):
            state = phrase("As soon as {count} tasks are {status}", count=count, status=joined(_OR, status))
            return state + _with(trigger, "status", "count")
        case After(seconds, of):
            before = of or (phrase("the start") if is_first else phrase("the previous happening"))
            if not seconds:
                return phrase("At once after {before}", before=before)
            return phrase("{duration} after {before}", duration=duration_text(seconds), before=before)


def end_sentence(until: Until) -> str:
    """Says when a scenario ends."""
    return joined(_AND, _ends(until))


def display_value(value: Any) -> str:
    """A value of a scenario file on one line. A mapping has no braces around it."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {_inner(member)}" for name, member in value.items())
    return _inner(value)


def _ends(until: Until) -> Iterator[str]:
    if until.waits_for_tasks:
        yield phrase("all tasks of the worker's server are completed, failed or canceled")
    if until.happening is not None:
        yield phrase("{happening} has happened", happening=until.happening)
    if until.calls is not None:
        calls = until.calls
        yield phrase("{count} requests{of} have arrived", count=calls.number, of=_of(calls.of))
    if until.time:
        since = phrase("then") if until.happening else phrase("the first request")
        duration = duration_text(until.time)
        yield phrase("{duration} have passed since {since}", duration=duration, since=since)
    if until.heartbeats is not None:
        yield phrase("a missing heartbeat would have been seen (with --heartbeat)")
    if until.quiet_seconds:
        yield phrase(
            "for {duration} the worker has sent only heartbeats and requests for task lists",
            duration=duration_text(until.quiet_seconds),
        )


def _asked_noun(trigger: OnAsked) -> str:
    """What the numbers of a trigger count."""
    nouns = ("task" if kind in TASK_KINDS else "request" for kind in trigger.what)
    return joined(_OR, dict.fromkeys(nouns))


def _asked(trigger: OnAsked) -> str:
    again = phrase(" again after trouble") if trigger.repeated else ""
    since = phrase(", counted since {happening}", happening=trigger.since) if trigger.since else ""
    group = phrase(" (group: {group})", group=trigger.group) if trigger.group else ""
    actions = joined(_OR, (_ACTIONS[kind] for kind in trigger.what))
    return joined("", (actions, again, group, since))


def _span(calls: Calls, noun: str) -> str:
    if calls.last == calls.first:
        return phrase("{noun} {number}", noun=noun, number=calls.first)
    if calls.last is not None:
        return phrase("each {noun} from {first} to {last}", noun=noun, first=calls.first, last=calls.last)
    if calls.first == 1:
        return phrase("every {noun}", noun=noun)
    return phrase("every {noun} from {first} on", noun=noun, first=calls.first)


def _of(operations: Sequence[str]) -> str:
    return "" if ANY in operations else phrase(" of {operations}", operations=joined(_OR, operations))


def _with(trigger: OnMatch | OnChange | OnState, *omitted: str) -> str:
    details = record_json(trigger)
    rest = {key: value for key, value in details.items() if key not in (*omitted, "calls")}
    return f" ({display_value(rest)})" if rest else ""


def _inner(value: Any) -> str:
    if isinstance(value, Mapping):
        return f"{{{display_value(value)}}}"
    return f"[{', '.join(map(_inner, value))}]" if isinstance(value, list | tuple) else str(value)
