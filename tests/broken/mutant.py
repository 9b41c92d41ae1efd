"""A server broken on purpose, and the register of all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]
Patch = Callable[[], None]
SpecChange = Callable[[Json], None]


@dataclass(frozen=True, slots=True)
class Mutant:
    """A mock that breaks one promise of the page.

    `rules` are those of which at least one has to be found broken. `patch` changes the code of the process
    that serves it, `spec` the spec that it serves by: it is for a process of its own.
    """

    name: str
    rules: tuple[str, ...]
    patch: Patch | None = None
    spec: SpecChange | None = None


MUTANTS: dict[str, Mutant] = {}


def broken(name: str, *rules: str) -> Callable[[Patch], Patch]:
    """Registers a patch under a name, with the rules of which one is broken by it."""

    def register(patch: Patch) -> Patch:
        _add(Mutant(name, rules, patch=patch))
        return patch

    return register


def respecified(name: str, *rules: str) -> Callable[[SpecChange], SpecChange]:
    """Registers a change of the spec under a name, with the rules of which one is broken by it."""

    def register(change: SpecChange) -> SpecChange:
        _add(Mutant(name, rules, spec=change))
        return change

    return register


def _add(mutant: Mutant) -> None:
    if mutant.name in MUTANTS:
        raise ValueError(f"there are two mutants named {mutant.name}")
    MUTANTS[mutant.name] = mutant
