"""Makes a capsule smaller: removes exchanges while the replay still shows the same difference."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import combinations

from workerkit.mockserver.capsules.comparison.difference import Difference
from workerkit.mockserver.capsules.file.capsule import Capsule, RecordedExchange

FindDifference = Callable[[Capsule], Difference | None]
_MAX_RUNS = 200
_MAX_TO_COMBINE, _MAX_COMBINED = 16, 2
# A capsule with more exchanges is a long one.
_FEW = 5
# So many exchanges directly before the difference are tried first.
_LAST_COUNTS = (1, 2, 3, 5, 8)


def shrink_capsule(
    capsule: Capsule,
    first: Difference | None,
    find: FindDifference,
    *,
    find_fast: FindDifference | None = None,
    twin: Capsule | None = None,
    max_runs: int = _MAX_RUNS,
) -> Capsule:
    """Returns a smaller capsule that shows the same difference: the same place with the same values.

    capsule: the capsule with the difference. It stays unchanged.
    first: its first difference.
    find: replays a capsule and returns its first difference.
    find_fast: a faster function that may return another result than `find`. It is tried first.
    twin: the capsule with the answers of a server without the difference. The same exchanges of the twin
        must have no difference. Otherwise an exchange is missing that a remaining answer depends on.
    max_runs: how many capsules one search may replay. There are at most three searches.

    Returns the same capsule if `first` is None, or if no smaller capsule shows the same difference.
    """
    if first is None:
        return capsule
    for finder in (find_fast, find):
        if finder is not None:
            small = _Search(capsule, first, finder, twin, max_runs).smallest()
            search = _Search(capsule, first, find, twin, max_runs)
            if search.shows_it(small):
                return _with(capsule, search.with_one_other(small) if len(small) > _FEW else small)
    return capsule


class _Search:
    """Removes exchanges (delta debugging). The exchange that differs stays, and the one that proves it."""

    def __init__(
        self, capsule: Capsule, first: Difference, find: FindDifference, twin: Capsule | None, max_runs: int
    ) -> None:
        self._capsule, self._twin = capsule, twin
        self._first = first
        self._find = find
        self._remaining_runs = max_runs
        self._needed = {first.number - 1, first.end - 1}
        self._before = [index for index in range(first.end) if index not in self._needed]

    def smallest(self) -> list[int]:
        """The indices of the exchanges that remain."""
        by_length = sorted(self._last_ones(), key=self._answer_length, reverse=True)
        return self._sorted(self._alone(self._one_or_two(self._without_parts(by_length))))

    def with_one_other(self, small: list[int]) -> list[int]:
        """Only one exchange beside the needed ones, if one is enough. Otherwise the indices of `small`."""
        return self._sorted(self._alone(small))

    def shows_it(self, indices: Sequence[int]) -> bool:
        """Whether these exchanges show the same difference, and those of the twin show none."""
        difference = self._find(_with(self._capsule, indices))
        if difference is None or not self._first.is_like(difference):
            return False
        if indices[difference.number - 1] != self._first.number - 1:
            return False
        return self._twin is None or self._find(_with(self._twin, indices)) is None

    def _answer_length(self, index: int) -> int:
        """Long lists are removed first: the more tasks a list shows, the more exchanges it depends on."""
        return len(self._capsule.recorded[index].exchange.answer_body)

    def _last_ones(self) -> list[int]:
        """The last few exchanges, if they are enough. Otherwise all.

        The removal of parts may remove a long list directly before the difference, and keep an earlier one
        with all updates behind it.
        """
        parts = (self._before[-count:] for count in _LAST_COUNTS)
        enough = (part for part in parts if self._remaining_runs > 0 and self._still_differs(part))
        return next(enough, self._before)

    def _without_parts(self, kept: list[int]) -> list[int]:
        """Removes parts of the list that are not needed: first large parts, then smaller ones."""
        size = len(kept)
        while size:
            start = 0
            while start < len(kept) and self._remaining_runs > 0:
                candidate = kept[:start] + kept[start + size :]
                if self._still_differs(candidate):
                    kept = candidate
                else:
                    start += size
            size = min(size, len(kept)) // 2
        return kept

    def _one_or_two(self, kept: list[int]) -> list[int]:
        """Tries to keep only two exchanges of the list, or one, or none.

        Returns the fewest exchanges with which the difference still appears. If two are not enough, returns
        the whole list. A list with more than 16 exchanges is returned without a search.
        """
        if len(kept) > _MAX_TO_COMBINE:
            return kept
        for count in range(min(len(kept), _MAX_COMBINED + 1)):
            for candidate in combinations(kept, count):
                if self._remaining_runs > 0 and self._still_differs([*candidate]):
                    return list(candidate)
        return kept

    def _alone(self, kept: list[int]) -> list[int]:
        """A single exchange that is enough, if more than two remain. The latest exchanges are tried first.

        The removal of parts may end with many short lists where one long list is enough.
        """
        candidates = sorted(self._before, reverse=True) if len(kept) > _MAX_COMBINED else []
        alone = (index for index in candidates if self._remaining_runs > 0 and self._still_differs([index]))
        return next(([index] for index in alone), kept)

    def _still_differs(self, indices: list[int]) -> bool:
        self._remaining_runs -= 1
        return self.shows_it(self._sorted(indices))

    def _sorted(self, indices: list[int]) -> list[int]:
        return sorted({*indices, *self._needed})


def _with(capsule: Capsule, indices: Sequence[int]) -> Capsule:
    """The capsule with only these exchanges, numbered again."""
    recorded = [capsule.recorded[index] for index in indices]
    return replace(
        capsule, recorded=tuple(_numbered(number, exchange) for number, exchange in enumerate(recorded, 1))
    )


def _numbered(number: int, recorded: RecordedExchange) -> RecordedExchange:
    return replace(recorded, exchange=replace(recorded.exchange, number=number))
