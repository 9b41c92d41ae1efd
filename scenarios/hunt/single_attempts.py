"""The attempts of a hunt with one trouble each, in the order in which they are tried."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from workerkit.scenarios.hunt.attempt import Attempt, HuntStep
from workerkit.scenarios.hunt.hunted_trouble import (
    LONG_TROUBLES,
    OTHER_FORMS,
    RESTARTS,
    TROUBLES_TO_TRY,
    HuntedTrouble,
)
from workerkit.scenarios.hunt.slot import SLOT_KINDS, Slot


def single_attempts(slots: Sequence[Slot]) -> tuple[Attempt, ...]:
    """Returns one attempt for each trouble and each kind of request at which it may happen.

    All troubles come at a completion first, then at the other requests. Then come the troubles that go on for
    a while, and restarts.
    """
    chosen = [_typical(slots, kind) for kind in dict.fromkeys(slot.kind for slot in slots)]
    return (
        *_attempts(chosen[:1], TROUBLES_TO_TRY),
        *(attempt for trouble in TROUBLES_TO_TRY for attempt in _attempts(chosen[1:], (trouble,))),
        *_attempts(chosen, (*LONG_TROUBLES, *RESTARTS)),
    )


def other_single_attempts(slots: Sequence[Slot]) -> tuple[Attempt, ...]:
    """Returns what `single_attempts` leaves out: other requests, and other forms of troubles."""
    tried = set(single_attempts(slots))
    troubles = (*OTHER_FORMS, *TROUBLES_TO_TRY, *LONG_TROUBLES, *RESTARTS)
    everything = _attempts(sorted(slots, key=_order), troubles)
    return tuple(attempt for attempt in everything if attempt not in tried)


def _typical(slots: Iterable[Slot], kind: str) -> Slot:
    """Returns the second slot of a kind: at the first one, a worker has nothing to lose yet."""
    of_kind = [slot for slot in slots if slot.kind == kind]
    return of_kind[min(1, len(of_kind) - 1)]


def _order(slot: Slot) -> tuple[int, int]:
    return SLOT_KINDS.index(slot.kind), slot.number


def _attempts(slots: Iterable[Slot], troubles: Sequence[HuntedTrouble]) -> Iterator[Attempt]:
    for slot in slots:
        yield from (Attempt((HuntStep(slot, trouble),)) for trouble in troubles if trouble.fits(slot))
