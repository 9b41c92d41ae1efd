"""Tracks which happenings of a scenario took place, and returns the effects that are due."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from workerkit.openapi.asked import Asked
from workerkit.scenarios.fields.kinds import ANY
from workerkit.scenarios.model.asked_counter import AskedCounter, AskedState
from workerkit.scenarios.model.effects.effect import Effect
from workerkit.scenarios.model.scenario import Happening
from workerkit.scenarios.model.trigger import After, OnAsked, OnCall, OnChange, OnMatch, OnState, Trigger


@dataclass(frozen=True, slots=True)
class DueEffect:
    """An effect that has to be applied now.

    time: when the effect became due, in seconds since 1970.
    effect: the effect.
    tasks: the ids of the tasks that a trigger `asked` found. None for all other triggers.
    """

    time: float
    effect: Effect
    tasks: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class TrackerState:
    """The state of a HappeningTracker, as a snapshot saves it.

    began: when the scenario began, in seconds since 1970.
    calls: how many requests each operation had. The key `any` has the number of all requests.
    happened: when each happening first took place, in seconds since 1970.
    met: for each happening with the trigger match or change, how many requests or changes matched.
    asked: what requests asked, for the trigger asked.
    The keys of `happened` and `met` are the indexes of happenings, from 0.
    """

    began: float
    calls: Mapping[str, int] = field(default_factory=dict)
    happened: Mapping[int, float] = field(default_factory=dict)
    met: Mapping[int, int] = field(default_factory=dict)
    asked: AskedState = field(default_factory=AskedState)


class HappeningTracker:
    """Counts requests and changes of a status, and returns the effects that are due.

    The tracker does not change the world. Its caller applies the effects.

    asked: counts what requests ask. After each request its caller notes whether the request met trouble.
    """

    def __init__(self, when: tuple[Happening, ...], *, began: float) -> None:
        self._when = when
        self._indexes = {happening.name: index for index, happening in enumerate(when) if happening.name}
        self.resume(TrackerState(began))

    @property
    def state(self) -> TrackerState:
        """The state of the tracker, for `resume`."""
        return TrackerState(
            self._began, dict(self._calls), dict(self._happened), dict(self._met), self.asked.state
        )

    @property
    def happened(self) -> dict[str, float]:
        """The first time of each happening that has a name and took place, in seconds since 1970."""
        return {
            name: self._happened[index] for name, index in self._indexes.items() if index in self._happened
        }

    @property
    def calls(self) -> Mapping[str, int]:
        """The number of requests for each operation. The key `any` has the number of all requests."""
        return self._calls

    @property
    def not_happened(self) -> tuple[int, ...]:
        """The indexes, from 0, of the happenings that did not take place yet."""
        return tuple(index for index in range(len(self._when)) if index not in self._happened)

    @property
    def waiting_for_time(self) -> tuple[int, ...]:
        """The indexes, from 0, of the happenings that will take place only because time passes."""
        return tuple(index for index in self.not_happened if self._comes_by_time(index))

    def resume(self, state: TrackerState) -> None:
        """Takes over the state of another tracker that has the same happenings."""
        self._began = state.began
        self._calls = Counter(state.calls)
        self._happened = dict(state.happened)
        self._met = Counter(state.met)
        self.asked = AskedCounter(state.asked)

    def count_request(
        self,
        operation: str | None,
        *,
        at: float,
        matches: Callable[[OnMatch], bool] = lambda trigger: False,
        find_asked: Callable[[OnAsked], Sequence[Asked]] = lambda trigger: (),
    ) -> tuple[DueEffect, ...]:
        """Counts a request and returns the effects to apply before the request is answered.

        operation: the operation of the request. None if the request belongs to no operation.
        at: the time of the request, in seconds since 1970.
        matches: says whether the request matches a trigger.
        find_asked: returns what the request asks of that which a trigger names.
        """
        earlier = self.due_by_time(at=at)
        self._calls.update([ANY] if operation is None else [ANY, operation])

        def is_now(index: int, trigger: Trigger) -> bool:
            if isinstance(trigger, OnCall):
                return _counts(trigger, operation) and self._request_number(trigger) in trigger.number
            return isinstance(trigger, OnMatch) and matches(trigger) and self._count_match(index, trigger)

        asked = self._count_asked(find_asked)
        now = self._indexes_where(lambda index, trigger: index in asked or is_now(index, trigger))
        effects = [effect for index in now for effect in self._happen(index, at, asked.get(index))]
        return (*earlier, *effects, *self.due_by_time(at=at))

    def count_change(self, matches: Callable[[OnChange], bool], *, at: float) -> tuple[DueEffect, ...]:
        """Counts a change of a task's status and returns the effects that are due.

        `matches` says whether the change matches a trigger.
        """

        def is_now(index: int, trigger: Trigger) -> bool:
            return isinstance(trigger, OnChange) and matches(trigger) and self._count_match(index, trigger)

        return self._happen_where(is_now, at)

    def check_state(self, count: Callable[[OnState], int], *, at: float) -> tuple[DueEffect, ...]:
        """The effects that are due because enough tasks have a status.

        `count` says how many tasks match a trigger.
        """

        def is_now(index: int, trigger: Trigger) -> bool:
            is_open = isinstance(trigger, OnState) and index not in self._happened
            return is_open and isinstance(trigger, OnState) and count(trigger) >= trigger.count

        return self._happen_where(is_now, at)

    def due_by_time(self, *, at: float) -> tuple[DueEffect, ...]:
        """The effects that are due because time has passed, in the order in which they became due."""
        effects: list[DueEffect] = []
        while (next_happening := self._next_by_time()) is not None and next_happening[0] <= at:
            effects += self._happen(next_happening[1], next_happening[0])
        return tuple(effects)

    def _request_number(self, trigger: OnCall) -> int:
        return sum(self._calls[operation] for operation in trigger.of)

    def _count_match(self, index: int, trigger: OnMatch | OnChange) -> bool:
        self._met[index] += 1
        return self._met[index] in trigger.calls

    def _count_asked(self, find_asked: Callable[[OnAsked], Sequence[Asked]]) -> dict[int, tuple[str, ...]]:
        """Returns what the happenings that take place now are about, by their indexes: the ids of tasks."""
        found: dict[int, tuple[str, ...]] = {}
        for index, happening in enumerate(self._when):
            trigger = happening.trigger
            if isinstance(trigger, OnAsked) and self._has_happened(trigger.since):
                asked = self.asked.count(index, trigger, find_asked(trigger))
                found |= {index: tuple(one.about for one in asked)} if asked else {}
        return found

    def _has_happened(self, name: str | None) -> bool:
        return name is None or self._indexes[name] in self._happened

    def _happen_where(self, is_now: Callable[[int, Trigger], bool], at: float) -> tuple[DueEffect, ...]:
        return tuple(effect for index in self._indexes_where(is_now) for effect in self._happen(index, at))

    def _indexes_where(self, is_now: Callable[[int, Trigger], bool]) -> list[int]:
        return [index for index, happening in enumerate(self._when) if is_now(index, happening.trigger)]

    def _next_by_time(self) -> tuple[float, int] | None:
        """The time and the index of the next happening that waits only for time."""
        waiting = [
            (before + happening.trigger.seconds, index)
            for index, happening in enumerate(self._when)
            if isinstance(happening.trigger, After)
            and index not in self._happened
            and (before := self._time_before(index, happening.trigger)) is not None
        ]
        return min(waiting, default=None)

    def _comes_by_time(self, index: int) -> bool:
        trigger = self._when[index].trigger
        if index in self._happened:
            return True
        if not isinstance(trigger, After):
            return False
        if trigger.of is not None:
            return self._comes_by_time(self._indexes[trigger.of])
        return index == 0 or self._comes_by_time(index - 1)

    def _time_before(self, index: int, trigger: After) -> float | None:
        if trigger.of is not None:
            return self._happened.get(self._indexes[trigger.of])
        return self._began if index == 0 else self._happened.get(index - 1)

    def _happen(self, index: int, time: float, tasks: tuple[str, ...] | None = None) -> list[DueEffect]:
        self._happened.setdefault(index, time)
        return [DueEffect(time, effect, tasks) for effect in self._when[index].effects]


def _counts(trigger: OnCall, operation: str | None) -> bool:
    return ANY in trigger.of or operation in trigger.of
