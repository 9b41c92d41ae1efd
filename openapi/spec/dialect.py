"""A dialect: one choice for every silence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from workerkit.openapi.errors import WorkerkitError
from workerkit.openapi.formats import yaml_nodes
from workerkit.openapi.formats.yaml_nodes import Node, closest
from workerkit.openapi.spec.silence import Silence, silences


class UnknownChoiceError(WorkerkitError, ValueError):
    """A silence or a value of one that there is not; the message names the closest."""


@dataclass(frozen=True)
class Dialect(Mapping[str, str]):
    """The chosen value of every silence, by its id. `choices` are those that are not the default."""

    choices: frozenset[tuple[str, str]] = frozenset()
    _values: dict[str, str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        defaults = {silence.id: silence.default for silence in silences().values()}
        object.__setattr__(self, "_values", {**defaults, **dict(self.choices)})

    def __getitem__(self, silence: str) -> str:
        return self._values[silence]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


def dialect_of(choices: Mapping[str, str]) -> Dialect:
    """The dialect that makes these choices, with defaults for everything else. Raises UnknownChoice."""
    for name, value in choices.items():
        _check(name, value)
    return Dialect(frozenset((n, v) for n, v in choices.items() if v != silences()[n].default))


def read_dialect(path: Path) -> Dialect:
    """The dialect in a YAML file, a mapping from silences to values, as in `last-cursor: absent`.

    Raises NotUnderstood with file, line and column, also where the file cannot be read.
    """
    return dialect_of(read_choices(path))


def read_choices(path: Path) -> dict[str, str]:
    """The values that a YAML file names, and those only, by their silences. Raises NotUnderstood as above."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise yaml_nodes.InvalidInputError(f"{path}: {getattr(error, 'strerror', None) or error}") from None
    return _choices(yaml_nodes.load(text, name=str(path)))


def parse_dialect(node: Node) -> Dialect:
    """The dialect that a YAML mapping describes. Raises NotUnderstood with the place."""
    return dialect_of(_choices(node))


def _choices(node: Node) -> dict[str, str]:
    if not isinstance(node.value, dict):
        raise node.fail("a dialect is a mapping from silences to values, as in last-cursor: absent")
    choices = {}
    for name, value in node.value.items():
        choices[name] = "null" if value.value is None else str(value.plain())
        _check_placed(node.keys[name], value, choices[name])
    return choices


def _check(name: str, value: str) -> None:
    silence = silences().get(name)
    if silence is None:
        raise UnknownChoiceError(f"there is no silence {name}{closest(name, silences())}")
    if value not in silence.values:
        raise UnknownChoiceError(f"{name} has no value {value}{_hint(silence, value)}")


def _check_placed(key: Node, value: Node, chosen: str) -> None:
    try:
        _check(str(key.value), chosen)
    except UnknownChoiceError as error:
        place = key if key.value not in silences() else value
        raise place.fail(str(error)) from None


def _hint(silence: Silence, value: str) -> str:
    return closest(value, silence.values) or f"; it has {', '.join(silence.values)}"
