"""A dialect: one chosen value for every silence. A silence is a matter that the API page leaves open."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from workerkit.openapi.errors import WorkerkitError
from workerkit.openapi.formats import yaml_nodes
from workerkit.openapi.formats.yaml_nodes import Node, did_you_mean
from workerkit.openapi.spec.silence import Silence, silences


class UnknownChoiceError(WorkerkitError, ValueError):
    """No silence has this id, or the silence does not have this value. The message names the closest one."""


@dataclass(frozen=True)
class Dialect(Mapping[str, str]):
    """A mapping from the id of every silence to its chosen value.

    choices: the pairs of silence id and value that differ from the default.
    """

    choices: frozenset[tuple[str, str]] = frozenset()
    _values: dict[str, str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        defaults = {silence.id: silence.default for silence in silences().values()}
        object.__setattr__(self, "_values", {**defaults, **dict(self.choices)})

    def __getitem__(self, silence_id: str) -> str:
        return self._values[silence_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


def dialect_of(choices: Mapping[str, str]) -> Dialect:
    """The dialect with these choices, and the default for every other silence.

    choices: a mapping from silence id to value.
    Raises UnknownChoiceError.
    """
    for silence_id, value in choices.items():
        _check(silence_id, value)
    return Dialect(
        frozenset((name, value) for name, value in choices.items() if value != silences()[name].default)
    )


def read_dialect(path: Path) -> Dialect:
    """Reads a dialect from a YAML file. A line of the file: `last-cursor: absent`.

    Raises InvalidInputError with file, line and column, or with the file alone if it cannot be read.
    """
    return dialect_of(read_choices(path))


def read_choices(path: Path) -> dict[str, str]:
    """Reads only the choices that a YAML file makes: a mapping from silence id to value.

    Raises InvalidInputError, as `read_dialect` does.
    """
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise yaml_nodes.InvalidInputError(f"{path}: {getattr(error, 'strerror', None) or error}") from None
    return _choices(yaml_nodes.load(text, name=str(path)))


def parse_dialect(node: Node) -> Dialect:
    """The dialect in a YAML mapping. Raises InvalidInputError with file, line and column."""
    return dialect_of(_choices(node))


def _choices(node: Node) -> dict[str, str]:
    if not isinstance(node.value, dict):
        raise node.fail("a dialect is a mapping from silence ids to values, for example last-cursor: absent")
    choices = {}
    for name, value_node in node.value.items():
        choices[name] = "null" if value_node.value is None else str(value_node.plain())
        _check_nodes(node.keys[name], value_node, choices[name])
    return choices


def _check(silence_id: str, value: str) -> None:
    silence = silences().get(silence_id)
    if silence is None:
        raise UnknownChoiceError(f"there is no silence {silence_id}{did_you_mean(silence_id, silences())}")
    if value not in silence.values:
        raise UnknownChoiceError(f"{silence_id} has no value {value}{_hint(silence, value)}")


def _check_nodes(key: Node, value_node: Node, value: str) -> None:
    try:
        _check(str(key.value), value)
    except UnknownChoiceError as error:
        wrong_node = key if key.value not in silences() else value_node
        raise wrong_node.fail(str(error)) from None


def _hint(silence: Silence, value: str) -> str:
    return did_you_mean(value, silence.values) or f"; its values are {', '.join(silence.values)}"
