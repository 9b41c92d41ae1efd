"""The attempts of a hunt with two troubles, in the order in which they are tried."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import replace

from workerkit.scenarios.hunt.attempt import Attempt, HuntStep
from workerkit.scenarios.hunt.hunted_trouble import TROUBLES_TO_TRY, is_fair_together
from workerkit.scenarios.hunt.slot import SLOT_KINDS, Slot, slots_after
from workerkit.scenarios.run_record.run import Run

# The second trouble comes at one of the next requests after the first one.
_MAX_DISTANCE = 4
# How much later a pair is tried for each step of distance, and how much earlier if both requests ask the
# same: many workers repeat a request only once.
_PER_STEP, _FOR_REPETITION = 3, 3
_RANKS = {trouble: rank for rank, trouble in enumerate(TROUBLES_TO_TRY)}

# An attempt with one trouble, and the requests that followed the trouble, the nearest first.
Followed = tuple[Attempt, tuple[Slot, ...]]


def followed(attempt: Attempt, run: Run) -> Followed:
    """Returns an attempt that the worker has survived, with the requests that followed its trouble."""
    (step,) = attempt.steps
    return attempt, slots_after(step.slot, run, most=_MAX_DISTANCE)


def pair_attempts(survived: Iterable[Followed], *, seed: int) -> tuple[Attempt, ...]:
    """Returns attempts with a second trouble at requests that follow the first one.

    Pairs of near requests and of troubles that find much come first. Pairs that change tasks alternate with
    those that do not, because there are far fewer of them. Each combination of the first trouble, its
    request, the next request, its distance and the second trouble comes once.

    seed: decides the order of pairs that are equally good.
    """
    dice = random.Random(seed)
    ranked = sorted(_ranked(survived), key=lambda pair: (pair[0], dice.random()))
    pairs = [pair for _, pair in ranked]
    with_change = [pair for pair in pairs if _changes_tasks(pair)]
    others = [pair for pair in pairs if not _changes_tasks(pair)]
    return tuple(alternating(others, with_change, every=3))


def alternating(many: Iterable[Attempt], few: Iterable[Attempt], *, every: int) -> Iterator[Attempt]:
    """Yields one of the few after `every` of the many, and at last those that are left."""
    rest = iter(few)
    for number, attempt in enumerate(many, 1):
        yield attempt
        if number % every == 0:
            yield from (other for _, other in zip(range(1), rest, strict=False))
    yield from rest


def _changes_tasks(pair: Attempt) -> bool:
    return any(step.trouble.is_change_of_world for step in pair.steps)


def _ranked(survived: Iterable[Followed]) -> Iterator[tuple[int, Attempt]]:
    tried: set[tuple[object, ...]] = set()
    for attempt, slots in survived:
        (first,) = attempt.steps
        for distance, slot in enumerate(slots):
            for second in TROUBLES_TO_TRY:
                cell = (first.trouble, first.slot.kind, slot.kind, distance, second)
                if cell not in tried and second.fits(slot) and is_fair_together((first.trouble, second)):
                    tried.add(cell)
                    pair = replace(attempt, steps=(first, HuntStep(slot, second)))
                    yield _rank(pair, distance), pair


def _rank(pair: Attempt, distance: int) -> int:
    """The place of a pair: the lowest comes first. Troubles that go on for a while come last.

    The same trouble twice counts only once, because troubles often come in a row.
    """
    first, second = pair.steps
    troubles = _RANKS.get(first.trouble, len(_RANKS))
    if second.trouble is not first.trouble:
        troubles += _RANKS[second.trouble]
    is_repetition = first.slot.kind == second.slot.kind
    slots = distance * _PER_STEP + SLOT_KINDS.index(first.slot.kind) - is_repetition * _FOR_REPETITION
    return troubles + slots
