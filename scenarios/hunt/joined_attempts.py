"""Attempts that are joined, so that one trial tries several pairs of troubles."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from workerkit.scenarios.hunt.attempt import Attempt, HuntStep
from workerkit.scenarios.hunt.hunted_trouble import LONG_TROUBLES, RESTARTS, is_fair_together
from workerkit.scenarios.hunt.slot import Slot

# Requests that come for each task. Several pairs may begin at them, each at another task.
_OF_EACH_TASK = ("completion", "running", "queued", "details")
# Only every third task may begin a pair: the troubles of a pair may concern the next task, too.
_EVERY = 3
_MOST_AT_TASKS, _MOST_ELSEWHERE = 3, 2
# A worker may take many refusals for a wrong key, and many hangs need more time than a trial has.
_MOST_OF_TROUBLE = {"401": 2, "hang": 2}
_ALONE = (*LONG_TROUBLES, *RESTARTS)


def joined_attempts(attempts: Iterable[Attempt], slots: Sequence[Slot]) -> Iterator[Attempt]:
    """Yields attempts that have up to five of the given ones each. Earlier ones come as early as possible.

    slots: the slots of the undisturbed run. An attempt may move to another task.
    """
    waiting = list(attempts)
    while waiting:
        joined = _JoinedAttempt(slots)
        waiting = [attempt for attempt in waiting if not joined.add(attempt)]
        yield joined.attempt


class _JoinedAttempt:
    """An attempt to which others are added.

    slots: the slots of the undisturbed run.
    """

    def __init__(self, slots: Sequence[Slot]) -> None:
        self._slots = slots
        self._parts: list[Attempt] = []
        self._is_full = False

    @property
    def attempt(self) -> Attempt:
        """What was added, as one attempt."""
        return replace(self._parts[0], steps=self._steps)

    @property
    def _steps(self) -> tuple[HuntStep, ...]:
        return tuple(step for part in self._parts for step in part.steps)

    def add(self, attempt: Attempt) -> bool:
        """Adds an attempt at a place that is free. Returns whether it could."""
        if self._is_full or not self._may_join(attempt):
            return False
        first, *others = attempt.steps
        slot = next(filter(self._is_free, self._places(attempt)), None)
        if slot is None:
            return False
        self._parts.append(replace(attempt, steps=(replace(first, slot=slot), *others)))
        self._is_full = _is_alone(attempt) or len(self._parts) == _MOST_AT_TASKS + _MOST_ELSEWHERE
        return True

    def _may_join(self, attempt: Attempt) -> bool:
        """Whether the troubles of an attempt are fair beside those that are there."""
        if not self._parts:
            return True
        troubles = [step.trouble for step in (*self._steps, *attempt.steps)]
        names = [trouble.name for trouble in troubles]
        return (
            not _is_alone(attempt)
            and all(names.count(name) <= most for name, most in _MOST_OF_TROUBLE.items())
            and is_fair_together(troubles)
        )

    def _places(self, attempt: Attempt) -> Sequence[Slot]:
        """Returns the slots at which an attempt may begin. A pair may begin at several tasks."""
        slot = attempt.steps[0].slot
        if slot.kind not in _OF_EACH_TASK or len(attempt.steps) == 1:
            return (slot,)
        of_kind = [other for other in self._slots if other.kind == slot.kind]
        return of_kind[of_kind.index(slot) :: _EVERY]

    def _is_free(self, slot: Slot) -> bool:
        """Whether nothing that was added begins at this slot, or at the same task."""
        taken = [part.steps[0].slot for part in self._parts]
        at_tasks = {other.number for other in taken if other.kind in _OF_EACH_TASK}
        elsewhere = {other.kind for other in taken if other.kind not in _OF_EACH_TASK}
        if slot.kind in _OF_EACH_TASK:
            return len(at_tasks) < _MOST_AT_TASKS and slot.number not in at_tasks
        return len(elsewhere) < _MOST_ELSEWHERE and slot.kind not in elsewhere


def _is_alone(attempt: Attempt) -> bool:
    """Whether an attempt has a trouble that would hide others."""
    return any(step.trouble in _ALONE for step in attempt.steps)
