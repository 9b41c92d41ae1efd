"""Counts what the requests of a worker ask, for the trigger `asked`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from workerkit.openapi.asked import TASK_KINDS, Asked
from workerkit.scenarios.model.trigger import OnAsked


@dataclass(frozen=True, slots=True)
class AskedState:
    """The state of an AskedCounter, as a snapshot saves it.

    counts: how much each happening has counted, by its index from 0.
    tasks: what each happening has counted about tasks, by its index.
    in_trouble: what was asked by requests that met trouble, and was not asked again without trouble.
    """

    counts: Mapping[int, int] = field(default_factory=dict)
    tasks: Mapping[int, tuple[Asked, ...]] = field(default_factory=dict)
    in_trouble: tuple[Asked, ...] = ()


class AskedCounter:
    """Counts what requests ask, for each happening by itself, and knows which requests met trouble."""

    def __init__(self, state: AskedState | None = None) -> None:
        state = state or AskedState()
        self._counts = Counter(state.counts)
        self._tasks = {index: dict.fromkeys(tasks) for index, tasks in state.tasks.items()}
        self._in_trouble = dict.fromkeys(state.in_trouble)

    @property
    def state(self) -> AskedState:
        """The state of the counter, for a new counter."""
        tasks = {index: tuple(asked) for index, asked in self._tasks.items()}
        return AskedState(dict(self._counts), tasks, tuple(self._in_trouble))

    def note_outcome(self, asked: Iterable[Asked], *, in_trouble: bool) -> None:
        """Notes whether the request that asked this met trouble."""
        for one in asked:
            if in_trouble:
                self._in_trouble[one] = None
            else:
                self._in_trouble.pop(one, None)

    def count(self, index: int, trigger: OnAsked, asked: Collection[Asked]) -> tuple[Asked, ...]:
        """Counts what one request asks, and returns the part whose number the trigger wants.

        index: the index of the happening.
        asked: what the request asks of that which the trigger names.
        """
        repeated = [one for one in asked if trigger.repeated is None or one in self._in_trouble]
        return tuple(one for one in repeated if self._next_number(index, one) in trigger.number)

    def _next_number(self, index: int, asked: Asked) -> int:
        """The number of this. 0, which no trigger wants, if the same was counted for this task before."""
        if asked.kind in TASK_KINDS:
            counted = self._tasks.setdefault(index, {})
            if asked in counted:
                return 0
            counted[asked] = None
        self._counts[index] += 1
        return self._counts[index]
