"""How far a scenario has come: which happenings are still to take place, and when."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from workerkit.scenarios.effects import Effect
from workerkit.scenarios.kinds import ANY
from workerkit.scenarios.scenario import Happening
from workerkit.scenarios.trigger import After, OnCall


@dataclass(frozen=True, slots=True)
class Occurrence:
    """An effect that is to be applied now; `time` is when it was due, in seconds since 1970."""

    time: float
    effect: Effect


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a plot has come: when it began, how often each operation was called, what happened when."""

    began: float
    calls: Mapping[str, int] = field(default_factory=dict)
    happened: Mapping[int, float] = field(default_factory=dict)


class Plot:
    """Says which effects are due. It changes nothing itself: the world's owner applies what it returns."""

    def __init__(self, when: tuple[Happening, ...], *, began: float) -> None:
        self._when = when
        self.resume(Progress(began))

    @property
    def progress(self) -> Progress:
        """How far it has come."""
        return Progress(self._began, dict(self._calls), dict(self._happened))

    def resume(self, progress: Progress) -> None:
        """Goes on from where a plot of the same happenings had come to."""
        self._began = progress.began
        self._calls = Counter(progress.calls)
        self._happened = dict(progress.happened)

    def called(self, operation: str | None, *, at: float) -> tuple[Occurrence, ...]:
        """Counts a request that is about to be answered; apply what it returns before the answer."""
        earlier = self.due(at=at)
        self._calls.update([ANY] if operation is None else [ANY, operation])
        now = [index for index, happening in self._open() if self._is_called(happening)]
        called = [occurrence for index in now for occurrence in self._happen(index, at)]
        return (*earlier, *called, *self.due(at=at))

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

    def _open(self) -> list[tuple[int, Happening]]:
        return [(i, happening) for i, happening in enumerate(self._when) if i not in self._happened]

    def _is_called(self, happening: Happening) -> bool:
        trigger = happening.trigger
        return isinstance(trigger, OnCall) and self._calls[trigger.of] >= trigger.number

    def _following(self) -> tuple[float, int] | None:
        waiting = [
            (before + happening.trigger.seconds, index)
            for index, happening in self._open()
            if isinstance(happening.trigger, After) and (before := self._time_before(index)) is not None
        ]
        return min(waiting, default=None)

    def _time_before(self, index: int) -> float | None:
        return self._began if index == 0 else self._happened.get(index - 1)

    def _happen(self, index: int, time: float) -> list[Occurrence]:
        self._happened[index] = time
        return [Occurrence(time, effect) for effect in self._when[index].effects]
