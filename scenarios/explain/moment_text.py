"""When something happens in a scenario, and when it is over, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from workerkit.scenarios.fields import duration
from workerkit.scenarios.fields.call_span import Calls
from workerkit.scenarios.fields.kinds import ANY
from workerkit.scenarios.fields.record import written
from workerkit.scenarios.model.trigger import After, OnCall, OnChange, OnMatch, OnState, Trigger
from workerkit.scenarios.model.until import Until


def moment(trigger: Trigger, *, is_first: bool) -> str:
    """When something happens; `is_first` says that it is the first happening of its scenario."""
    match trigger:
        case OnCall(number, of):
            return f"At {_span(number, 'request')}{_of(of)}"
        case OnMatch(operation, calls=calls):
            return f"At {_span(calls, 'match')}: a request{_of(operation)}{_with(trigger, 'operation')}"
        case OnChange(status, calls=calls):
            return f"At {_span(calls, 'change')}: a task becomes {status}{_with(trigger, 'status')}"
        case OnState(status, count):
            return f"As soon as {count} tasks are {' or '.join(status)}{_with(trigger, 'status', 'count')}"
        case After(seconds, of):
            before = of or ("the start" if is_first else "that")
            return f"{duration.written(seconds)} after {before}" if seconds else f"At once after {before}"


def end(until: Until) -> str:
    """When a scenario is over."""
    return ", and ".join(_ends(until))


def display(value: Any) -> str:
    """A value of a scenario file in one line, without braces around it."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {_inner(each)}" for name, each in value.items())
    return _inner(value)


def _ends(until: Until) -> Iterator[str]:
    if until.awaits_tasks:
        yield "all tasks of the worker's server are at an end"
    if until.happening is not None:
        yield f"{until.happening} has happened"
    if until.calls is not None:
        yield f"{until.calls.number} requests{_of(until.calls.of)} came"
    if until.time:
        since = "then" if until.happening else "the first request"
        yield f"{duration.written(until.time)} have passed since {since}"
    if until.patience:
        yield f"{duration.written(until.patience)} have passed without news from the worker"


def _span(calls: Calls, noun: str) -> str:
    if calls.last == calls.first:
        return f"{noun} {calls.first}"
    if calls.last is not None:
        return f"each {noun} from {calls.first} to {calls.last}"
    return f"every {noun}" if calls.first == 1 else f"every {noun} from {calls.first} on"


def _of(operations: Sequence[str]) -> str:
    return "" if ANY in operations else f" of {' or '.join(operations)}"


def _with(trigger: OnMatch | OnChange | OnState, *said: str) -> str:
    left = {name: each for name, each in written(trigger).items() if name not in (*said, "calls")}
    return f" ({display(left)})" if left else ""


def _inner(value: Any) -> str:
    if isinstance(value, Mapping):
        return f"{{{display(value)}}}"
    return f"[{', '.join(map(_inner, value))}]" if isinstance(value, list | tuple) else str(value)
