"""Whether one JSON value contains another, and where it does not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_MOST_COMPARED = 20


@dataclass(frozen=True, slots=True)
class JsonDifference:
    """A place (`status`, `body/items/0/status`), the value wanted there, and the one seen unless `absent`."""

    field: str
    wanted: Any
    seen: Any = None
    absent: bool = False


def contains(seen: Any, wanted: Any) -> bool:
    """Whether a JSON value contains another.

    An object contains one whose fields it all has, each containing the wanted one. A list contains one whose
    members it has in that order, with others between them. Anything else contains what is equal to it; a
    boolean is no number.
    """
    if isinstance(wanted, dict):
        return isinstance(seen, dict) and all(
            name in seen and contains(seen[name], each) for name, each in wanted.items()
        )
    if isinstance(wanted, list):
        return isinstance(seen, list) and _are_in_order(wanted, seen)
    return isinstance(wanted, bool) is isinstance(seen, bool) and bool(wanted == seen)


def differences(seen: Any, wanted: Any, field: str) -> list[JsonDifference]:
    """Where a JSON value does not contain another; `field` is the place of both. Empty where it does."""
    if contains(seen, wanted):
        return []
    if isinstance(wanted, dict) and isinstance(seen, dict):
        return [each for name in wanted for each in _of_member(seen, wanted, name, f"{field}/{name}")]
    if isinstance(wanted, list) and isinstance(seen, list):
        return list(_of_lists(seen, wanted, field))
    return [JsonDifference(field, wanted, seen)]


def _are_in_order(wanted: list[Any], seen: list[Any]) -> bool:
    rest = iter(seen)
    return all(any(contains(each, one) for each in rest) for one in wanted)


def _of_member(seen: dict[str, Any], wanted: dict[str, Any], name: str, field: str) -> list[JsonDifference]:
    if name not in seen:
        return [JsonDifference(field, wanted[name], absent=True)]
    return differences(seen[name], wanted[name], field)


def _of_lists(seen: list[Any], wanted: list[Any], field: str) -> Iterator[JsonDifference]:
    """Each wanted member is taken for the next one that contains it or, failing that, the most similar."""
    begin = 0
    for one in wanted:
        place = next((i for i in range(begin, len(seen)) if contains(seen[i], one)), None)
        if place is not None:
            begin = place + 1
            continue
        candidates = range(begin, min(len(seen), begin + _MOST_COMPARED))
        closest = max(candidates, key=lambda i: _likeness(seen[i], one), default=None)
        if closest is None:
            yield JsonDifference(f"{field}/{len(seen)}", one, absent=True)
        else:
            yield from differences(seen[closest], one, f"{field}/{closest}")


def _likeness(seen: Any, wanted: Any) -> int:
    """How many of the wanted fields an object has. One level only, so that lists in lists cost no more."""
    if not (isinstance(seen, dict) and isinstance(wanted, dict)):
        return 0
    return sum(name in seen and contains(seen[name], each) for name, each in wanted.items())
