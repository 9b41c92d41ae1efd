"""Covering arrays: few dialects in which every two values of any two silences meet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from itertools import combinations
from random import Random

Row = dict[str, str]
_CANDIDATES = 12


def pairwise(factors: Mapping[str, Sequence[str]], *, seed: int = 1) -> list[Row]:
    """Rows that give each factor one of its values; every pair of values of two factors is in one of them."""
    return [dict(row) for row in _pairwise(tuple((name, tuple(factors[name])) for name in factors), seed)]


@cache
def _pairwise(given: tuple[tuple[str, tuple[str, ...]], ...], seed: int) -> list[Row]:
    factors, chance = dict(given), Random(seed)
    open_pairs = {
        frozenset(((one, a), (other, b)))
        for one, other in combinations(factors, 2)
        for a in factors[one]
        for b in factors[other]
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
    """A row that begins with an open pair, and grows by the values that meet most open pairs."""
    row: Row = dict(chance.choice(sorted(map(sorted, open_pairs))))
    names = [factor for factor in factors if factor not in row]
    chance.shuffle(names)
    for name in names:
        values = list(factors[name])
        chance.shuffle(values)
        gains = {
            value: sum(frozenset(((name, value), each)) in open_pairs for each in row.items())
            for value in values
        }
        row[name] = max(values, key=lambda value, gains=gains: gains[value])  # type: ignore[misc]
    return row


def _pairs(row: Row) -> set[frozenset[tuple[str, str]]]:
    return {frozenset(combination) for combination in combinations(row.items(), 2)}
