"""The timeline of a run: its exchanges and events in order, and the statuses of the tasks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class TimelineRowKind(StrEnum):
    """The kinds of rows. The values are also CSS classes of the HTML page.

    EXCHANGE: one exchange.
    REPEATED: several similar exchanges that follow each other.
    EVENT: an event of the scenario.
    GAP: some exchanges are left out here.
    """

    EXCHANGE = "exchange"
    REPEATED = "fold"
    EVENT = "happening"
    GAP = "gap"


@dataclass(frozen=True, slots=True)
class TimelineRow:
    """One row of a timeline.

    at: seconds since the start of the timeline.
    text: the request or the event.
    first: the number of the first exchange.
    last: the number of the last exchange.
    count: how many exchanges the row has.
    answer: the status of the answer, or `no answer`.
    why: why the mock answered like this. May be empty.
    changes: what the exchanges changed.
    statuses: how many tasks have each status after this row.
    rules: the ids of the rules that the exchanges broke.
    """

    kind: TimelineRowKind
    at: float
    text: str
    first: int = 0
    last: int = 0
    count: int = 0
    answer: str = ""
    why: str = ""
    changes: tuple[str, ...] = ()
    statuses: Mapping[str, int] = field(default_factory=dict)
    rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StatusPeriod:
    """A period in which a task has one status. Times are seconds since the start of the timeline.

    number: the number of the exchange in which the period began. 0 for the first status of a task.
    """

    status: str
    begin: float
    end: float
    number: int = 0


@dataclass(frozen=True, slots=True)
class TaskLane:
    """A task and its statuses, in order of time. In the picture, a lane is a row of coloured bars."""

    task: str
    periods: tuple[StatusPeriod, ...]


@dataclass(frozen=True, slots=True)
class Tick:
    """An exchange in the picture: a short vertical line.

    at: when the exchange began, in seconds since the start of the timeline.
    status_class: the first digit of the answer's status; 0 without an answer.
    broke_rule: whether the exchange broke a rule.
    """

    at: float
    status_class: int
    broke_rule: bool


@dataclass(frozen=True, slots=True)
class ExchangeBodies:
    """The bodies of an exchange as texts. Long ones are cut, and end with `…`. Empty if there is no body."""

    sent: str = ""
    received: str = ""


def _no_bodies(number: int) -> ExchangeBodies:
    return ExchangeBodies()


@dataclass(frozen=True, slots=True)
class Timeline:
    """The timeline of a run.

    seconds: how long the run took.
    rows: the exchanges and events. In a long run some are left out.
    lanes: the tasks. If there are many, only some of them.
    tasks_without_lane: how many tasks are not in `lanes`.
    ticks: the exchanges, for the picture.
    events: time and text of each event of the scenario.
    bodies_of: returns the bodies of the exchange with a number. They take time to make, and few reports need
        them.
    """

    seconds: float
    rows: tuple[TimelineRow, ...]
    lanes: tuple[TaskLane, ...]
    tasks_without_lane: int
    ticks: tuple[Tick, ...]
    events: tuple[tuple[float, str], ...] = ()
    bodies_of: Callable[[int], ExchangeBodies] = field(default=_no_bodies, compare=False, repr=False)
