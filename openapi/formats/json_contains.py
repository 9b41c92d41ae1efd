"""Checks whether one JSON value contains another one, and finds the differences."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_MAX_COMPARED = 20


@dataclass(frozen=True, slots=True)
class JsonDifference:
    """A place where a JSON value does not contain another one.

    field: the path of the place, for example `status` or `body/items/0/status`.
    wanted: the wanted value.
    seen: the value that is there. None if `absent`.
    absent: True if there is no value.
    """

    field: str
    wanted: Any
    seen: Any = None
    absent: bool = False


def contains(seen: Any, wanted: Any) -> bool:
    """True if the JSON value `seen` contains the JSON value `wanted`.

    An object must have all wanted fields, and each of its fields must contain the wanted field. A list must
    contain the wanted members in the same order; other members may be between them. Any other value must be
    equal. A boolean is never equal to a number.
    """
    if isinstance(wanted, dict):
        return isinstance(seen, dict) and all(
            name in seen and contains(seen[name], wanted_field) for name, wanted_field in wanted.items()
        )
    if isinstance(wanted, list):
        return isinstance(seen, list) and _are_in_order(wanted, seen)
    return isinstance(wanted, bool) is isinstance(seen, bool) and bool(wanted == seen)


def differences(seen: Any, wanted: Any, field: str) -> list[JsonDifference]:
    """The places where `seen` does not contain `wanted`. Empty if it does.

    field: the path of both values.
    """
    if contains(seen, wanted):
        return []
    if isinstance(wanted, dict) and isinstance(seen, dict):
        return [
            difference
            for name in wanted
            for difference in _field_differences(seen, wanted, name, f"{field}/{name}")
        ]
    if isinstance(wanted, list) and isinstance(seen, list):
        return list(_list_differences(seen, wanted, field))
    return [JsonDifference(field, wanted, seen)]


def _are_in_order(wanted: list[Any], seen: list[Any]) -> bool:
    rest = iter(seen)
    return all(any(contains(seen_member, wanted_member) for seen_member in rest) for wanted_member in wanted)


def _field_differences(
    seen: dict[str, Any], wanted: dict[str, Any], name: str, field: str
) -> list[JsonDifference]:
    if name not in seen:
        return [JsonDifference(field, wanted[name], absent=True)]
    return differences(seen[name], wanted[name], field)


def _list_differences(seen: list[Any], wanted: list[Any], field: str) -> Iterator[JsonDifference]:
    """Finds a partner in `seen` for each wanted member, and compares the two.

    The partner is the next member that contains the wanted member. If no member contains it, the partner is
    the most similar of the next members.
    """
    begin = 0
    for wanted_member in wanted:
        match = next(
            (index for index in range(begin, len(seen)) if contains(seen[index], wanted_member)), None
        )
        if match is not None:
            begin = match + 1
            continue
        candidates = range(begin, min(len(seen), begin + _MAX_COMPARED))
        similarity = {index: _similarity(seen[index], wanted_member) for index in candidates}
        closest = max(candidates, key=similarity.__getitem__, default=None)
        if closest is None:
            yield JsonDifference(f"{field}/{len(seen)}", wanted_member, absent=True)
        else:
            yield from differences(seen[closest], wanted_member, f"{field}/{closest}")


def _similarity(seen: Any, wanted: Any) -> int:
    """How many fields of `wanted` the object `seen` contains, with the wanted value.

    Only the fields of the object itself are counted. To count the fields of all levels would take very long
    for lists inside lists.
    """
    if not (isinstance(seen, dict) and isinstance(wanted, dict)):
        return 0
    return sum(name in seen and contains(seen[name], wanted_field) for name, wanted_field in wanted.items())
