"""What happened when: exchanges and happenings in a row, beside the states of the tasks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class MomentKind(StrEnum):
    """What a row is: an exchange, several alike in a row, a happening, or a gap where some are left out."""

    EXCHANGE = "exchange"
    FOLD = "fold"
    HAPPENING = "happening"
    GAP = "gap"


@dataclass(frozen=True, slots=True)
class Moment:
    """One row. `at` is in seconds since the first request; `text` is the request, or what happened.

    `first` and `last` are the numbers of the exchanges, `count` is how many there are, and `answer` a status
    or what came in its place. `why` says more about it. `changes` are what it changed, `statuses` how many
    tasks have which status afterwards, and `rules` those that it broke.
    """

    kind: MomentKind
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
class Spell:
    """A task had a status from one time to another, in seconds since the first request."""

    status: str
    begin: float
    end: float


@dataclass(frozen=True, slots=True)
class Lane:
    """A task with its statuses, one after the other."""

    task: str
    spells: tuple[Spell, ...]


@dataclass(frozen=True, slots=True)
class Tick:
    """An exchange in the picture: when it began, the first digit of its status (0: no answer), its fault."""

    at: float
    family: int
    is_broken: bool


@dataclass(frozen=True, slots=True)
class Timeline:
    """A run of so many seconds: all or some of its moments, and some of its tasks.

    `more_lanes` are the tasks that have none; `happenings` are times with what happened.
    """

    seconds: float
    moments: tuple[Moment, ...]
    lanes: tuple[Lane, ...]
    more_lanes: int
    ticks: tuple[Tick, ...]
    happenings: tuple[tuple[float, str], ...] = ()
