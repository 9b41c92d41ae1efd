"""The class of a mutant, the list of all mutants, and the decorators that add one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]
Patch = Callable[[], None]
SpecChange = Callable[[Json], None]


@dataclass(frozen=True, slots=True)
class Mutant:
    """A mock that breaks one promise of the API page. It needs its own process.

    name: the id of the mutant.
    rules: the conformance run has to report at least one of these rules as broken.
    patch: changes the code of the process. None: the code is not changed.
    spec: changes the spec of the mock. None: the spec is not changed.
    """

    name: str
    rules: tuple[str, ...]
    patch: Patch | None = None
    spec: SpecChange | None = None


MUTANTS: dict[str, Mutant] = {}


def broken(name: str, *rules: str) -> Callable[[Patch], Patch]:
    """Adds a mutant whose code is patched. `rules`: as in Mutant."""

    def register(patch: Patch) -> Patch:
        _add(Mutant(name, rules, patch=patch))
        return patch

    return register


def broken_spec(name: str, *rules: str) -> Callable[[SpecChange], SpecChange]:
    """Adds a mutant with another spec. `rules`: as in Mutant."""

    def register(change: SpecChange) -> SpecChange:
        _add(Mutant(name, rules, spec=change))
        return change

    return register


def _add(mutant: Mutant) -> None:
    if mutant.name in MUTANTS:
        raise ValueError(f"there are two mutants named {mutant.name}")
    MUTANTS[mutant.name] = mutant
