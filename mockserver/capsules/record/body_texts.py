"""Collects the texts and the secrets of a JSON body in one pass."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import repeat, takewhile
from operator import itemgetter
from typing import Any

from workerkit.openapi.formats.strict_json import parse_shared, render_shared
from workerkit.openapi.masking.mask import Secret, kind_of_field, secrets_in
from workerkit.openapi.masking.pseudonyms import are_all_uuids

_CONTAINERS = (dict, list)
_MAX_CACHED_SHAPES = 1024
_MANY_ROWS, _LONG_PREFIX = 200, 16
Replacements = Mapping[str, str]
Hide = Callable[[str, Any], Any]


class BodyTexts:
    """The texts and the secrets of a JSON body. Raises MalformedJsonError if the body is not JSON.

    A column is the values of one field in a list of objects.

    body: the bytes of the body.
    texts: the names of all fields, and all texts except those in secret fields and those in `ids`.
    ids: the UUIDs in columns that contain only UUIDs.
    prefixes: beginnings that all texts of a long column have in common.
    secrets: the values of all secret fields, with their kinds.
    is_simple: False if a secret field contains a list or an object.
    """

    def __init__(self, body: bytes) -> None:
        self.body = body
        self.secrets: list[Secret] = []
        self.ids: list[str] = []
        self.prefixes: list[str] = []
        self.is_simple = True
        self._has_secrets = False
        self._values: set[Any] = set()
        self._shapes: set[_Shape] = set()
        self._nested: set[int] = set()
        self._tables: dict[int, _Shape] = {}
        self._value = parse_shared(body)
        self._collect(self._value)
        names = {name for shape in self._shapes for name in shape.names}
        self.texts = {value for value in self._values if type(value) is str} | names

    def replaced(self, replacements: Replacements, hide: Hide) -> bytes:
        """The body with new texts, and with new values in secret fields.

        replacements: the new text for each text that must change.
        hide: a function that takes the kind of a secret field and its value, and returns the new value.

        Returns the same bytes if nothing changes.
        """
        if not self._has_secrets and not self._contains_any(replacements):
            return self.body
        return render_shared(self._replace(self._value, replacements, hide))

    def _contains_any(self, replacements: Replacements) -> bool:
        changing = replacements.keys()
        return bool(changing) and not (changing.isdisjoint(self.texts) and changing.isdisjoint(self.ids))

    def _collect(self, value: Any) -> None:
        if type(value) is dict:
            self._collect_object(value)
        elif type(value) is list:
            self._collect_list(value)
        else:
            self._values.add(value)

    def _collect_list(self, values: list[Any]) -> None:
        if not self._collect_table(values):
            for value in values:
                self._collect(value)

    def _collect_table(self, values: list[Any]) -> bool:
        """Collects the texts of flat objects with equal field names. Returns False for other lists."""
        if set(map(type, values)) != {dict} or len(set(map(len, values))) > 1:
            return False
        shape = _shape(tuple(values[0]))
        try:
            columns = {name: list(map(itemgetter(name), values)) for name in shape.names}
            for name in columns.keys() - shape.secret_kinds.keys():
                self._collect_column(columns[name])
        except (KeyError, TypeError):  # the names differ, or a value is a list or an object (not hashable)
            return False
        self._shapes.add(shape)
        self._tables[id(values)] = shape
        for name, kind in shape.secret_kinds.items():
            self._collect_secrets(kind, columns[name])
        return True

    def _collect_column(self, column: list[Any]) -> None:
        if are_all_uuids(column):
            self.ids.extend(column)
        else:
            self._values.update(column)
            if len(column) >= _MANY_ROWS:
                self.prefixes.extend(_common_prefix(column))

    def _collect_object(self, value: dict[str, Any]) -> None:
        shape = _shape(tuple(value))
        self._shapes.add(shape)
        for name, kind in shape.secret_kinds.items():
            self._collect_secrets(kind, [value[name]])
        others = shape.other_values(value)
        try:
            self._values.update(others)
        except TypeError:  # a value is a list or an object, which is not hashable
            self._nested.add(id(value))
            for other in others:
                self._collect(other)

    def _collect_secrets(self, kind: str, values: list[Any]) -> None:
        self._has_secrets = True
        if set(map(type, values)) == {str}:
            self.secrets.extend(zip(repeat(kind), values))
            return
        for value in values:
            if type(value) is str:
                self.secrets.append((kind, value))
            elif type(value) in _CONTAINERS:
                self.is_simple = False
                self.secrets.extend(secrets_in(value))

    def _replace(self, value: Any, replacements: Replacements, hide: Hide) -> Any:
        if type(value) is list:
            return self._replace_in_list(value, replacements, hide)
        if type(value) is dict:
            return self._replace_in_object(value, replacements, hide)
        return replacements.get(value, value) if type(value) is str else value

    def _replace_in_list(self, values: list[Any], replacements: Replacements, hide: Hide) -> list[Any]:
        table = None if replacements else self._tables.get(id(values))
        if table is None:
            return [self._replace(value, replacements, hide) for value in values]
        kinds = table.secret_kinds
        return [_with_hidden_secrets(row, kinds, hide) for row in values] if kinds else values

    def _replace_in_object(
        self, value: dict[str, Any], replacements: Replacements, hide: Hide
    ) -> dict[str, Any]:
        secret_kinds = _shape(tuple(value)).secret_kinds
        if replacements or id(value) in self._nested:
            return {
                replacements.get(name, name): hide(secret_kinds[name], field)
                if name in secret_kinds
                else self._replace(field, replacements, hide)
                for name, field in value.items()
            }
        return _with_hidden_secrets(value, secret_kinds, hide) if secret_kinds else value


@dataclass(frozen=True, eq=False, slots=True)
class _Shape:
    """The field names of an object.

    names: the names of all fields.
    secret_kinds: the kind of each secret field.
    other_values: a function that takes an object, and returns the values of its fields that are not secret.
    """

    names: tuple[str, ...]
    secret_kinds: dict[str, str]
    other_values: Callable[[dict[str, Any]], Iterable[Any]]


def _common_prefix(column: list[Any]) -> Iterator[str]:
    """The beginning that all texts of a column have in common, if it is long enough."""
    first, last = column[0], column[-1]
    if set(map(type, column)) != {str} or first == last or first[:_LONG_PREFIX] != last[:_LONG_PREFIX]:
        return
    lowest, highest = min(column), max(column)
    equal_pairs = takewhile(lambda pair: pair[0] == pair[1], zip(lowest, highest, strict=False))
    prefix = lowest[: sum(1 for _ in equal_pairs)]
    if len(prefix) >= _LONG_PREFIX:
        yield prefix


def _with_hidden_secrets(value: dict[str, Any], secret_kinds: dict[str, str], hide: Hide) -> dict[str, Any]:
    changed = value.copy()
    for name, kind in secret_kinds.items():
        changed[name] = hide(kind, value[name])
    return changed


@lru_cache(_MAX_CACHED_SHAPES)
def _shape(names: tuple[str, ...]) -> _Shape:
    kinds = ((name, kind_of_field(name)) for name in names)
    secret_kinds = {name: kind for name, kind in kinds if kind}
    other_names = [name for name in names if name not in secret_kinds]
    return _Shape(names, secret_kinds, _values_getter(other_names) if secret_kinds else dict.values)


def _values_getter(names: list[str]) -> Callable[[dict[str, Any]], Iterable[Any]]:
    return lambda value: [value[name] for name in names]
