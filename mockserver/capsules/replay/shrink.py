"""Makes a capsule smaller: exchanges go as long as the same difference remains."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import combinations

from workerkit.mockserver.capsules.file.capsule import Capsule, Recorded
from workerkit.mockserver.capsules.replay.matching import Difference

Differs = Callable[[Capsule], Difference | None]
_MOST_RUNS = 200
_MOST_TO_COMBINE, _FEW = 16, 2


def shrunk(
    capsule: Capsule, differs: Differs, *, quick: Differs | None = None, most_runs: int = _MOST_RUNS
) -> Capsule:
    """The smallest capsule found whose replay still has its first difference at the same kind of place.

    `differs` replays a capsule; it is called at most so many times. A `quick` one, which sees at times a
    difference that is none, goes before it, and as often. A capsule that is reproduced is returned as it is.
    """
    if quick is None:
        return _Search(capsule, differs, most_runs).smallest()
    small = _Search(capsule, quick, most_runs).smallest()
    sought = quick(capsule)
    if sought is None or small == capsule or sought.is_like(differs(small)):
        return small
    return _Search(capsule, lambda each: quick(each) and differs(each), most_runs).smallest()


class _Search:
    """Delta debugging over the exchanges before the one that differs, which stays the last."""

    def __init__(self, capsule: Capsule, differs: Differs, most_runs: int) -> None:
        self._capsule = capsule
        self._differs = differs
        self._runs_left = most_runs

    def smallest(self) -> Capsule:
        first = self._run(self._capsule.recorded)
        if first is None:
            return self._capsule
        self._sought = first
        *before, last = self._capsule.recorded[: first.number]
        return self._with((*self._fewest(self._reduced(before, last), last), last))

    def _reduced(self, kept: list[Recorded], last: Recorded) -> list[Recorded]:
        size = len(kept)
        while size:
            begin = 0
            while begin < len(kept) and self._runs_left > 0:
                tried = kept[:begin] + kept[begin + size :]
                if self._still_differs((*tried, last)):
                    kept = tried
                else:
                    begin += size
            size = min(size, len(kept)) // 2
        return kept

    def _fewest(self, kept: list[Recorded], last: Recorded) -> list[Recorded]:
        """One or two of those that are left, where all others can only go together."""
        if len(kept) > _MOST_TO_COMBINE:
            return kept
        for count in range(min(len(kept), _FEW + 1)):
            for tried in combinations(kept, count):
                if self._runs_left > 0 and self._still_differs((*tried, last)):
                    return list(tried)
        return kept

    def _still_differs(self, recorded: tuple[Recorded, ...]) -> bool:
        difference = self._run(recorded)
        at_the_end = difference is not None and difference.number == len(recorded)
        return at_the_end and self._sought.is_like(difference)

    def _run(self, recorded: tuple[Recorded, ...]) -> Difference | None:
        self._runs_left -= 1
        return self._differs(self._with(recorded))

    def _with(self, recorded: tuple[Recorded, ...]) -> Capsule:
        return replace(self._capsule, recorded=tuple(_numbered(*each) for each in enumerate(recorded, 1)))


def _numbered(number: int, recorded: Recorded) -> Recorded:
    return replace(recorded, exchange=replace(recorded.exchange, number=number))
