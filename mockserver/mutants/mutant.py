"""The class of a mutant, the list of all mutants, and the decorators that add one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from workerkit.mockserver.world.operations import HANDLERS

Json = dict[str, Any]
Patch = Callable[[], None]
SpecChange = Callable[[Json], None]

EVERY_OPERATION = tuple(HANDLERS)
WITH_BODY = tuple(operation for operation in HANDLERS if operation != "listTasks")
NAMED_ENTITY = tuple(operation for operation in WITH_BODY if operation not in ("heartbeat", "sendLogs"))
TASK_CHANGES = ("updateTask", "bulkUpdateTasks", "updateLink", "completeLink")


@dataclass(frozen=True, slots=True)
class Mutant:
    """A mock that breaks one promise of the API page. It needs its own process.

    name: the id of the mutant.
    breaks: a sentence that says what the mock does wrong.
    rules: a conformance run has to report at least one of these rules as broken.
    operations: only the answers of these operations, or what they store, can be wrong.
    patch: changes the code of the process. None: the code is not changed.
    spec: changes the spec of the mock. None: the spec is not changed.
    """

    name: str
    breaks: str
    rules: tuple[str, ...]
    operations: tuple[str, ...]
    patch: Patch | None = None
    spec: SpecChange | None = None


MUTANTS: dict[str, Mutant] = {}


def broken(name: str, breaks: str, *rules: str, operations: tuple[str, ...]) -> Callable[[Patch], Patch]:
    """Adds a mutant whose code is patched. The parameters are as in Mutant."""

    def register(patch: Patch) -> Patch:
        _add(Mutant(name, breaks, rules, operations, patch=patch))
        return patch

    return register


def broken_spec(
    name: str, breaks: str, *rules: str, operations: tuple[str, ...]
) -> Callable[[SpecChange], SpecChange]:
    """Adds a mutant with another spec. The parameters are as in Mutant."""

    def register(change: SpecChange) -> SpecChange:
        _add(Mutant(name, breaks, rules, operations, spec=change))
        return change

    return register


def _add(mutant: Mutant) -> None:
    if mutant.name in MUTANTS:
        raise ValueError(f"there are two mutants named {mutant.name}")
    MUTANTS[mutant.name] = mutant
