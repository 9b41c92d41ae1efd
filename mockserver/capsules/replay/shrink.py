"""Makes a capsule smaller: removes exchanges while the replay still shows the same difference."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import combinations

from workerkit.mockserver.capsules.file.capsule import Capsule, RecordedExchange
from workerkit.mockserver.capsules.replay.matching import Difference

FindDifference = Callable[[Capsule], Difference | None]
_MAX_RUNS = 200
_MAX_TO_COMBINE, _MAX_COMBINED = 16, 2


def shrink_capsule(
    capsule: Capsule,
    find: FindDifference,
    *,
    find_fast: FindDifference | None = None,
    max_runs: int = _MAX_RUNS,
) -> Capsule:
    """Returns a smaller capsule that still shows the same kind of difference.

    capsule: the capsule with the difference. It stays unchanged.
    find: replays a capsule and returns its first difference.
    find_fast: a faster function that may return a difference where `find` returns None. It is tried first.
    max_runs: how many capsules one search may replay. There are at most two searches.

    Returns the same capsule if it has no difference.
    """
    if find_fast is None:
        return _Search(capsule, find, max_runs).smallest()
    small = _Search(capsule, find_fast, max_runs).smallest()
    original = find_fast(capsule)
    if original is None or small == capsule or original.is_like(find(small)):
        return small
    return _Search(capsule, lambda smaller: find_fast(smaller) and find(smaller), max_runs).smallest()


class _Search:
    """Removes exchanges before the one that differs (delta debugging). That exchange stays the last one."""

    def __init__(self, capsule: Capsule, find: FindDifference, max_runs: int) -> None:
        self._capsule = capsule
        self._find = find
        self._remaining_runs = max_runs

    def smallest(self) -> Capsule:
        first = self._run(self._capsule.recorded)
        if first is None:
            return self._capsule
        self._original = first
        *before, last = self._capsule.recorded[: first.number]
        return self._with((*self._one_or_two(self._without_parts(before, last), last), last))

    def _without_parts(self, kept: list[RecordedExchange], last: RecordedExchange) -> list[RecordedExchange]:
        """Removes parts of the list that are not needed: first large parts, then smaller ones."""
        size = len(kept)
        while size:
            start = 0
            while start < len(kept) and self._remaining_runs > 0:
                candidate = kept[:start] + kept[start + size :]
                if self._still_differs((*candidate, last)):
                    kept = candidate
                else:
                    start += size
            size = min(size, len(kept)) // 2
        return kept

    def _one_or_two(self, kept: list[RecordedExchange], last: RecordedExchange) -> list[RecordedExchange]:
        """Tries to keep only two exchanges of the list, or one, or none.

        Returns the fewest exchanges with which the difference still appears. If two are not enough, returns
        the whole list. A list with more than 16 exchanges is returned without a search.
        """
        if len(kept) > _MAX_TO_COMBINE:
            return kept
        for count in range(min(len(kept), _MAX_COMBINED + 1)):
            for candidate in combinations(kept, count):
                if self._remaining_runs > 0 and self._still_differs((*candidate, last)):
                    return list(candidate)
        return kept

    def _still_differs(self, recorded: tuple[RecordedExchange, ...]) -> bool:
        difference = self._run(recorded)
        is_last = difference is not None and difference.number == len(recorded)
        return is_last and self._original.is_like(difference)

    def _run(self, recorded: tuple[RecordedExchange, ...]) -> Difference | None:
        self._remaining_runs -= 1
        return self._find(self._with(recorded))

    def _with(self, recorded: tuple[RecordedExchange, ...]) -> Capsule:
        return replace(
            self._capsule,
            recorded=tuple(_numbered(number, exchange) for number, exchange in enumerate(recorded, 1)),
        )


def _numbered(number: int, recorded: RecordedExchange) -> RecordedExchange:
    return replace(recorded, exchange=replace(recorded.exchange, number=number))
