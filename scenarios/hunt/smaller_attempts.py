"""Smaller attempts: what a hunt tries to make a finding easier to understand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from workerkit.scenarios.hunt.attempt import Attempt, HuntStep
from workerkit.scenarios.hunt.hunted_trouble import TROUBLES_TO_TRY

_BY_NAME = {trouble.name: trouble for trouble in TROUBLES_TO_TRY}
# The short form of troubles that go on for a while.
_SHORT_FORMS = {"two-5xx": "5xx", "outage": "5xx", "key-revoked": "401"}
_FEW_TASKS = (1, 2, 4)


def smaller_attempts(attempt: Attempt) -> Iterator[Attempt]:
    """Yields attempts that are smaller: fewer troubles, shorter ones, fewer tasks, earlier requests.

    The first ones are the parts of a joined attempt, or have only one or two tasks. Some of the attempts may
    ask for requests that never come.
    """
    if len(attempt.parts) > 1:
        yield from attempt.parts
        yield from _with_fewer_steps(attempt)
        return
    at_first = replace(attempt, steps=tuple(_at_first(step) for step in attempt.steps))
    candidates = (
        replace(at_first, tasks=1, failing_tasks=0),
        replace(at_first, tasks=0, failing_tasks=1),
        replace(at_first, tasks=1, failing_tasks=1),
        *_with_fewer_steps(attempt),
        *_with_shorter_troubles(attempt),
        replace(attempt, failing_tasks=0),
        *(replace(attempt, tasks=tasks) for tasks in _FEW_TASKS),
        at_first,
    )
    yield from (other for other in dict.fromkeys(candidates) if _is_smaller(other, attempt))


def _is_smaller(one: Attempt, other: Attempt) -> bool:
    """Whether an attempt is smaller than another one in at least one way, and larger in none."""
    pairs = list(zip(_sizes(one), _sizes(other), strict=True))
    has_tasks = one.tasks + one.failing_tasks > 0
    return has_tasks and all(size <= old for size, old in pairs) and any(size < old for size, old in pairs)


def _sizes(attempt: Attempt) -> tuple[int, ...]:
    """The number of troubles, of those that go on for a while, of tasks, and the numbers of the requests."""
    long = sum(step.trouble.name in _SHORT_FORMS for step in attempt.steps)
    numbers = sum(step.slot.number for step in attempt.steps)
    return len(attempt.steps), long, attempt.tasks + attempt.failing_tasks, numbers


def _with_fewer_steps(attempt: Attempt) -> Iterator[Attempt]:
    """Yields the attempts that lack one trouble. The next trouble follows none then."""
    if len(attempt.steps) < 2:
        return
    for index in range(len(attempt.steps)):
        before, after = attempt.steps[:index], attempt.steps[index + 1 :]
        following = tuple(replace(step, slot=replace(step.slot, follows=False)) for step in after[:1])
        yield replace(attempt, steps=(*before, *following, *after[1:]))


def _with_shorter_troubles(attempt: Attempt) -> Iterator[Attempt]:
    for index, step in enumerate(attempt.steps):
        short_form = _SHORT_FORMS.get(step.trouble.name)
        if short_form is not None:
            shorter = HuntStep(step.slot, _BY_NAME[short_form])
            steps = (*attempt.steps[:index], shorter, *attempt.steps[index + 1 :])
            yield replace(attempt, steps=steps)


def _at_first(step: HuntStep) -> HuntStep:
    """The step at the first request of its kind, if its trouble may happen there."""
    slot = replace(step.slot, number=1)
    return replace(step, slot=slot) if step.trouble.fits(slot) else step
