"""Triggers: they say when a happening of a scenario takes place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from workerkit.openapi.asked import TASK_KINDS
from workerkit.scenarios.fields.call_span import Calls
from workerkit.scenarios.fields.kinds import (
    ANY,
    AskedKinds,
    CallSpan,
    GroupName,
    HappeningName,
    Json,
    OneOf,
    OperationNames,
    Positive,
    Query,
    Seconds,
    ServerName,
    TaskStatus,
    TaskStatuses,
)

_FIRST_CALL = Calls(1, 1)


@dataclass(frozen=True, slots=True)
class OnCall:
    """Happens at the request with this number. The effects come before the request is answered.

    number: the number of the request, counted from the start of the scenario. A span such as `3..7` means
        each request in the span.
    of: the operations whose requests count; `any` is all. Several operations are counted together.
    """

    number: CallSpan
    of: OperationNames = (ANY,)


@dataclass(frozen=True, slots=True)
class OnMatch:
    """Happens at a request with these properties. The effects come before the request is answered.

    operation: the operation of the request is one of these.
    server: the request has the key of this server.
    query: the request has these query parameters.
    body: the JSON body of the request contains this JSON.
    id: the id in the path of the request.
    group: the request names a task of this group.
    calls: which of the matching requests: a number or a span. Without it, the first.
    A property that is left out is not checked.
    """

    operation: OperationNames = (ANY,)
    server: ServerName | None = None
    query: Query | None = None
    body: Json | None = None
    id: str | None = None
    group: GroupName | None = None
    calls: CallSpan = _FIRST_CALL


@dataclass(frozen=True, slots=True)
class OnAsked:
    """Happens at a request that asks this, in any form that the API has for it. The effects come before the
    request is answered.

    what: what the request asks, or a list of such things.
    group: only what is asked about tasks of this group.
    number: a number or a span. Without it, the first. If the request is about tasks, the tasks are counted:
        the items of a bulk update count one by one, and what is asked again about a task does not count
        again. Heartbeats, pages and logs are counted by requests.
    repeated: only what the worker asks again after the last request that asked it met trouble: it got 5xx,
        401 or 429, or its answer was lost, broken or late.
    since: only requests after this happening are counted.
    """

    what: AskedKinds
    group: GroupName | None = None
    number: CallSpan = _FIRST_CALL
    repeated: Annotated[str, OneOf(("after-trouble",))] | None = None
    since: HappeningName | None = None

    @property
    def is_about_tasks(self) -> bool:
        """Whether the request can be about a task."""
        return any(kind in TASK_KINDS for kind in self.what)


@dataclass(frozen=True, slots=True)
class OnChange:
    """Happens when a worker's request changes the status of a task, before the request is answered.

    status: the new status of the task.
    was: the old status of the task.
    server: the server that the task belongs to.
    group: the group that the task belongs to.
    calls: which of the matching changes: a number or a span. Without it, the first.
    """

    status: TaskStatus
    was: TaskStatus | None = None
    server: ServerName | None = None
    group: GroupName | None = None
    calls: CallSpan = _FIRST_CALL

    def __post_init__(self) -> None:
        if self.status == self.was:
            raise ValueError(f"a task that was {self.was} cannot become {self.status}: leave `was` out")


@dataclass(frozen=True, slots=True)
class OnState:
    """Happens as soon as `count` or more tasks have one of these statuses.

    status: a status, or a list of statuses.
    count: the number of tasks.
    server: only tasks of this server count.
    group: only tasks of this group count.
    """

    status: TaskStatuses
    count: Positive = 1
    server: ServerName | None = None
    group: GroupName | None = None


@dataclass(frozen=True, slots=True)
class After:
    """Happens some time after the previous happening in the list. If there is no
    previous happening, the time runs from the start of the scenario.

    seconds: the time to wait.
    of: the name of a happening to wait after, instead of the previous one.
    If the earlier happening takes place several times, the wait begins at its first time.
    """

    seconds: Seconds
    of: HappeningName | None = None


Trigger = OnCall | OnMatch | OnAsked | OnChange | OnState | After

TRIGGERS: dict[str, type[Trigger]] = {
    "call": OnCall,
    "match": OnMatch,
    "asked": OnAsked,
    "change": OnChange,
    "state": OnState,
    "after": After,
}
_NAMES = {trigger: name for name, trigger in TRIGGERS.items()}


def trigger_name(trigger: Trigger) -> str:
    """The name of a trigger in scenario files."""
    return _NAMES[type(trigger)]
