"""When something happens in a scenario."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from workerkit.scenarios.fields.call_span import Calls
from workerkit.scenarios.fields.kinds import (
    ANY,
    CallSpan,
    GroupName,
    HappeningName,
    Json,
    OperationNames,
    Positive,
    Query,
    Seconds,
    ServerName,
    TaskStatus,
    TaskStatuses,
)

FIRST = Calls(1, 1)
_NOT_ASKED: Any = None


@dataclass(frozen=True, slots=True)
class OnCall:
    """The nth request of an operation (`any`: of any) since the start; that request already feels it.

    With a span such as `3..7` or `2..`, each request of it. Requests of several operations count together.
    """

    number: CallSpan
    of: OperationNames = (ANY,)


@dataclass(frozen=True, slots=True)
class OnMatch:
    """A request that is as described; that request already feels it. What is left out is not looked at.

    `server` is whose key it carries; `query` are parameters that it has; `body` is JSON that its own
    contains; `id` is the id in its path; `group` is one of whose tasks it names. Of the requests that match,
    `calls` says which: the first one, unless it says otherwise.
    """

    operation: OperationNames = (ANY,)
    server: ServerName | None = None
    query: Query | None = None
    body: Json | None = _NOT_ASKED
    id: str | None = None
    group: GroupName | None = None
    calls: CallSpan = FIRST


@dataclass(frozen=True, slots=True)
class OnChange:
    """A worker's request gives a task this status (`was`: from that one).

    It happens when the request is done, before its answer leaves. Of such changes, `calls` says which: the
    first one, unless it says otherwise.
    """

    status: TaskStatus
    was: TaskStatus | None = None
    server: ServerName | None = None
    group: GroupName | None = None
    calls: CallSpan = FIRST

    def __post_init__(self) -> None:
        if self.status == self.was:
            raise ValueError(f"a task that was {self.was} does not become {self.status}: leave `was` out")


@dataclass(frozen=True, slots=True)
class OnState:
    """As soon as so many tasks, or more, have the status, or one of several."""

    status: TaskStatuses
    count: Positive = 1
    server: ServerName | None = None
    group: GroupName | None = None


@dataclass(frozen=True, slots=True)
class After:
    """So many seconds after the happening before it in the list; for the first one, after the start.

    `of` names another happening instead. Of one that happens often, the first time counts.
    """

    seconds: Seconds
    of: HappeningName | None = None


Trigger = OnCall | OnMatch | OnChange | OnState | After

TRIGGERS: dict[str, type[Trigger]] = {
    "call": OnCall,
    "match": OnMatch,
    "change": OnChange,
    "state": OnState,
    "after": After,
}
