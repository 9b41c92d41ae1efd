"""The attempts of a hunt with one trouble each, in the order in which they are tried."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from workerkit.scenarios.hunt.attempt import Attempt, HuntStep
from workerkit.scenarios.hunt.hunted_trouble import LONG_TROUBLES, TROUBLES_TO_TRY, HuntedTrouble
from workerkit.scenarios.hunt.slot import SLOT_KINDS, Slot


def single_attempts(slots: Sequence[Slot]) -> tuple[Attempt, ...]:
    """Returns one attempt for each slot and each trouble that may happen there.

    Each trouble is tried at one completion first, then at one request of each other kind. Then come the
    troubles that go on for a while, and at last all other slots.
    """
    return tuple(dict.fromkeys(_in_order(slots)))


def _in_order(slots: Sequence[Slot]) -> Iterator[Attempt]:
    chosen = [_typical(slots, kind) for kind in dict.fromkeys(slot.kind for slot in slots)]
    yield from _attempts(chosen[:1], TROUBLES_TO_TRY)
    for trouble in TROUBLES_TO_TRY:
        yield from _attempts(chosen[1:], (trouble,))
    yield from _attempts(chosen, LONG_TROUBLES)
    yield from _attempts(sorted(slots, key=_order), (*TROUBLES_TO_TRY, *LONG_TROUBLES))


def _typical(slots: Iterable[Slot], kind: str) -> Slot:
    """Returns the second slot of a kind: at the first one, a worker has nothing to lose yet."""
    of_kind = [slot for slot in slots if slot.kind == kind]
    return of_kind[min(1, len(of_kind) - 1)]


def _order(slot: Slot) -> tuple[int, int]:
    return SLOT_KINDS.index(slot.kind), slot.number


def _attempts(slots: Iterable[Slot], troubles: Sequence[HuntedTrouble]) -> Iterator[Attempt]:
    for slot in slots:
        yield from (Attempt((HuntStep(slot, trouble),)) for trouble in troubles if trouble.fits(slot))
