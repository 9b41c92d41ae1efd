"""Covering arrays: a few dialects that contain every pair of values of any two silences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from itertools import combinations
from random import Random

Row = dict[str, str]
_CANDIDATES = 12


def pairwise(factors: Mapping[str, Sequence[str]], *, seed: int = 1) -> list[Row]:
    """Rows with one value for each factor. Each pair of values of two factors is in at least one row."""
    return [dict(row) for row in _pairwise(tuple((name, tuple(factors[name])) for name in factors), seed)]


@cache
def _pairwise(given: tuple[tuple[str, tuple[str, ...]], ...], seed: int) -> list[Row]:
    factors, chance = dict(given), Random(seed)
    open_pairs = {
        frozenset(((first, a), (second, b)))
        for first, second in combinations(factors, 2)
        for a in factors[first]
        for b in factors[second]
    }
    rows = []
    while open_pairs:
        candidates = [_row(factors, open_pairs, chance) for _ in range(_CANDIDATES)]
        best = max(candidates, key=lambda row: len(_pairs(row) & open_pairs))
        open_pairs -= _pairs(best)
        rows.append(best)
    return rows


def _row(
    factors: Mapping[str, Sequence[str]], open_pairs: set[frozenset[tuple[str, str]]], chance: Random
) -> Row:
    """A new row. It has at least one open pair, and as many more open pairs as possible."""
    row: Row = dict(chance.choice(sorted(map(sorted, open_pairs))))
    names = [factor for factor in factors if factor not in row]
    chance.shuffle(names)
    for name in names:
        values = list(factors[name])
        chance.shuffle(values)
        gains = {
            value: sum(frozenset(((name, value), known)) in open_pairs for known in row.items())
            for value in values
        }
        row[name] = max(values, key=lambda value, gains=gains: gains[value])  # type: ignore[misc]
    return row


def _pairs(row: Row) -> set[frozenset[tuple[str, str]]]:
    return {frozenset(combination) for combination in combinations(row.items(), 2)}
