"""How far a scenario has come: which happenings are still to take place, and when."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from workerkit.scenarios.fields.kinds import ANY
from workerkit.scenarios.model.effects import Effect
from workerkit.scenarios.model.scenario import Happening
from workerkit.scenarios.model.trigger import After, OnCall, OnChange, OnMatch, OnState, Trigger


@dataclass(frozen=True, slots=True)
class Occurrence:
    """An effect that is to be applied now; `time` is when it was due, in seconds since 1970."""

    time: float
    effect: Effect


@dataclass(frozen=True, slots=True)
class PlotProgress:
    """How far a plot has come: when it began, how often each operation was called, what happened when first.

    `met` says how many requests or changes each happening met that are as its trigger describes.
    """

    began: float
    calls: Mapping[str, int] = field(default_factory=dict)
    happened: Mapping[int, float] = field(default_factory=dict)
    met: Mapping[int, int] = field(default_factory=dict)


class Plot:
    """Says which effects are due. It changes nothing itself: the world's owner applies what it returns."""

    def __init__(self, when: tuple[Happening, ...], *, began: float) -> None:
        self._when = when
        self._places = {happening.name: index for index, happening in enumerate(when) if happening.name}
        self.resume(PlotProgress(began))

    @property
    def progress(self) -> PlotProgress:
        """How far it has come."""
        return PlotProgress(self._began, dict(self._calls), dict(self._happened), dict(self._met))

    @property
    def happened(self) -> dict[str, float]:
        """When which happening that has a name first took place, in seconds since 1970."""
        return {
            name: self._happened[index] for name, index in self._places.items() if index in self._happened
        }

    @property
    def calls(self) -> Mapping[str, int]:
        """How often each operation was called, and `any` at all."""
        return self._calls

    @property
    def outstanding(self) -> tuple[int, ...]:
        """The places, from 0, of the happenings that did not take place yet."""
        return tuple(index for index in range(len(self._when)) if index not in self._happened)

    def resume(self, progress: PlotProgress) -> None:
        """Goes on from where a plot of the same happenings had come to."""
        self._began = progress.began
        self._calls = Counter(progress.calls)
        self._happened = dict(progress.happened)
        self._met = Counter(progress.met)

    def called(
        self, operation: str | None, *, at: float, fits: Callable[[OnMatch], bool] = lambda trigger: False
    ) -> tuple[Occurrence, ...]:
        """Counts a request that is about to be answered; apply what it returns before the answer.

        `fits` says whether the request is as a trigger describes it.
        """
        earlier = self.due(at=at)
        self._calls.update([ANY] if operation is None else [ANY, operation])

        def is_called(index: int, trigger: Trigger) -> bool:
            if isinstance(trigger, OnCall):
                return _concerns(trigger, operation) and self._count(trigger) in trigger.number
            return isinstance(trigger, OnMatch) and fits(trigger) and self._meets(index, trigger)

        return (*earlier, *self._happen_where(is_called, at), *self.due(at=at))

    def changed(self, fits: Callable[[OnChange], bool], *, at: float) -> tuple[Occurrence, ...]:
        """Counts a change of a task's status; `fits` says whether it is as a trigger describes it."""

        def is_met(index: int, trigger: Trigger) -> bool:
            return isinstance(trigger, OnChange) and fits(trigger) and self._meets(index, trigger)

        return self._happen_where(is_met, at)

    def reached(self, count: Callable[[OnState], int], *, at: float) -> tuple[Occurrence, ...]:
        """What the state of the world brings; `count` says how many tasks are as a trigger describes them."""

        def is_reached(index: int, trigger: Trigger) -> bool:
            is_open = isinstance(trigger, OnState) and index not in self._happened
            return is_open and isinstance(trigger, OnState) and count(trigger) >= trigger.count

        return self._happen_where(is_reached, at)

    def due(self, *, at: float) -> tuple[Occurrence, ...]:
        """What has become due by the passing of time alone, in the order in which it was due."""
        occurrences: list[Occurrence] = []
        while (following := self._following()) is not None and following[0] <= at:
            occurrences += self._happen(following[1], following[0])
        return tuple(occurrences)

    def next_due(self) -> float | None:
        """The time of the next happening that only waits for time, in seconds since 1970, or None."""
        following = self._following()
        return following[0] if following else None

    def _count(self, trigger: OnCall) -> int:
        return sum(self._calls[operation] for operation in trigger.of)

    def _meets(self, index: int, trigger: OnMatch | OnChange) -> bool:
        self._met[index] += 1
        return self._met[index] in trigger.calls

    def _happen_where(self, is_now: Callable[[int, Trigger], bool], at: float) -> tuple[Occurrence, ...]:
        now = [index for index, happening in enumerate(self._when) if is_now(index, happening.trigger)]
        return tuple(occurrence for index in now for occurrence in self._happen(index, at))

    def _following(self) -> tuple[float, int] | None:
        waiting = [
            (before + happening.trigger.seconds, index)
            for index, happening in enumerate(self._when)
            if isinstance(happening.trigger, After)
            and index not in self._happened
            and (before := self._time_before(index, happening.trigger)) is not None
        ]
        return min(waiting, default=None)

    def _time_before(self, index: int, trigger: After) -> float | None:
        if trigger.of is not None:
            return self._happened.get(self._places[trigger.of])
        return self._began if index == 0 else self._happened.get(index - 1)

    def _happen(self, index: int, time: float) -> list[Occurrence]:
        self._happened.setdefault(index, time)
        return [Occurrence(time, effect) for effect in self._when[index].effects]


def _concerns(trigger: OnCall, operation: str | None) -> bool:
    return ANY in trigger.of or operation in trigger.of
