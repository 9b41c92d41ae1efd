"""A body's texts and secrets, gathered in one walk through its JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import repeat, takewhile
from operator import itemgetter
from typing import Any

from workerkit.openapi.formats.strict_json import parsed, rendered
from workerkit.openapi.masking.mask import Secret, kind_of_field, secrets_in
from workerkit.openapi.masking.pseudonyms import are_uuids

_CONTAINERS = (dict, list)
_MOST_SHAPES = 1024
_MANY, _LONG_BEGINNING = 200, 16
Texts = Mapping[str, str]
Hide = Callable[[str, Any], Any]


class Content:
    """What the JSON of a body says, read in one walk. Raises Malformed where it is none.

    `texts` are all that stand in it but in the fields of secrets; the names of fields are among them.
    `ids` are further texts, which are UUIDs; many texts begin with one of `beginnings`. `secrets` are those
    of fields with one value; `is_simple` is false where such a field has several.
    """

    def __init__(self, body: bytes) -> None:
        self.body = body
        self.secrets: list[Secret] = []
        self.ids: list[str] = []
        self.beginnings: list[str] = []
        self.is_simple = True
        self._has_secrets = False
        self._values: set[Any] = set()
        self._shapes: set[_Shape] = set()
        self._nested: set[int] = set()
        self._tables: dict[int, _Shape] = {}
        self._value = parsed(body)
        self._gather(self._value)
        names = {name for shape in self._shapes for name in shape.names}
        self.texts = {each for each in self._values if type(each) is str} | names

    def written(self, shown: Texts, hide: Hide) -> bytes:
        """The body with other texts, as `shown` says, and the fields of secrets as `hide` has them.

        `hide` gets the kind of the secrets in a field and its value. The body is the same where nothing is
        changed.
        """
        if not self._has_secrets and not self._has_one_of(shown):
            return self.body
        return rendered(self._written(self._value, shown, hide))

    def _has_one_of(self, shown: Texts) -> bool:
        return bool(shown) and not (shown.keys().isdisjoint(self.texts) and shown.keys().isdisjoint(self.ids))

    def _gather(self, value: Any) -> None:
        if type(value) is dict:
            self._gather_object(value)
        elif type(value) is list:
            self._gather_list(value)
        else:
            self._values.add(value)

    def _gather_list(self, values: list[Any]) -> None:
        if not self._gather_alike(values):
            for each in values:
                self._gather(each)

    def _gather_alike(self, values: list[Any]) -> bool:
        """Gathers from objects of one shape without further ones inside; whether they are such."""
        if set(map(type, values)) != {dict} or len(set(map(len, values))) > 1:
            return False
        shape = _shape(tuple(values[0]))
        try:
            columns = {name: list(map(itemgetter(name), values)) for name in shape.names}
            for name in columns.keys() - shape.secret.keys():
                self._gather_column(columns[name])
        except (KeyError, TypeError):  # of several shapes; a list and an object have no hash
            return False
        self._shapes.add(shape)
        self._tables[id(values)] = shape
        for name, kind in shape.secret.items():
            self._gather_secrets(kind, columns[name])
        return True

    def _gather_column(self, column: list[Any]) -> None:
        if are_uuids(column):
            self.ids.extend(column)
        else:
            self._values.update(column)
            if len(column) >= _MANY:
                self.beginnings.extend(_beginning(column))

    def _gather_object(self, value: dict[str, Any]) -> None:
        shape = _shape(tuple(value))
        self._shapes.add(shape)
        for name, kind in shape.secret.items():
            self._gather_secrets(kind, [value[name]])
        free = shape.free(value)
        try:
            self._values.update(free)
        except TypeError:  # a list and an object have no hash
            self._nested.add(id(value))
            for each in free:
                self._gather(each)

    def _gather_secrets(self, kind: str, values: list[Any]) -> None:
        self._has_secrets = True
        if set(map(type, values)) == {str}:
            self.secrets.extend(zip(repeat(kind), values))
            return
        for each in values:
            if type(each) is str:
                self.secrets.append((kind, each))
            elif type(each) in _CONTAINERS:
                self.is_simple = False
                self.secrets.extend(secrets_in(each))

    def _written(self, value: Any, shown: Texts, hide: Hide) -> Any:
        if type(value) is list:
            return self._written_list(value, shown, hide)
        if type(value) is dict:
            return self._written_object(value, shown, hide)
        return shown.get(value, value) if type(value) is str else value

    def _written_list(self, values: list[Any], shown: Texts, hide: Hide) -> list[Any]:
        table = None if shown else self._tables.get(id(values))
        if table is None:
            return [self._written(each, shown, hide) for each in values]
        return [_hiding(each, table.secret, hide) for each in values] if table.secret else values

    def _written_object(self, value: dict[str, Any], shown: Texts, hide: Hide) -> dict[str, Any]:
        secret = _shape(tuple(value)).secret
        if shown or id(value) in self._nested:
            return {
                shown.get(name, name): hide(secret[name], each)
                if name in secret
                else self._written(each, shown, hide)
                for name, each in value.items()
            }
        return _hiding(value, secret, hide) if secret else value


@dataclass(frozen=True, eq=False, slots=True)
class _Shape:
    """The names of an object's fields, those of secrets with their kinds, and the values of the others."""

    names: tuple[str, ...]
    secret: dict[str, str]
    free: Callable[[dict[str, Any]], Iterable[Any]]


def _beginning(column: list[Any]) -> Iterator[str]:
    """How all texts of a column begin, where that is long."""
    first, last = column[0], column[-1]
    if set(map(type, column)) != {str} or first == last or first[:_LONG_BEGINNING] != last[:_LONG_BEGINNING]:
        return
    lowest, highest = min(column), max(column)
    alike = takewhile(lambda pair: pair[0] == pair[1], zip(lowest, highest, strict=False))
    beginning = lowest[: sum(1 for _ in alike)]
    if len(beginning) >= _LONG_BEGINNING:
        yield beginning


def _hiding(value: dict[str, Any], secret: dict[str, str], hide: Hide) -> dict[str, Any]:
    changed = value.copy()
    for name, kind in secret.items():
        changed[name] = hide(kind, value[name])
    return changed


@lru_cache(_MOST_SHAPES)
def _shape(names: tuple[str, ...]) -> _Shape:
    kinds = ((name, kind_of_field(name)) for name in names)
    secret = {name: kind for name, kind in kinds if kind}
    free = [name for name in names if name not in secret]
    return _Shape(names, secret, _getter(free) if secret else dict.values)


def _getter(names: list[str]) -> Callable[[dict[str, Any]], Iterable[Any]]:
    return lambda value: [value[name] for name in names]
