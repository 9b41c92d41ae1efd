"""Gives a world a fault that a person or a test describes as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workerkit.mockserver.world.active_fault import ActiveFault
from workerkit.mockserver.world.refusal import InvalidRequestError
from workerkit.mockserver.world.world import World
from workerkit.openapi.formats.yaml_nodes import InvalidInputError, Node
from workerkit.scenarios.faults.planned_fault import planned_fault
from workerkit.scenarios.fields.vocabulary import documented


class _Place(Node):
    """A JSON value and where it stands: there are no lines and columns, there is a path."""

    __slots__ = ()

    def fail(self, message: str) -> InvalidInputError:
        return InvalidInputError(f"{self.name}: {message}")


def add_described_fault(world: World, asked: Mapping[str, Any]) -> ActiveFault:
    """Adds a fault to a world: `fault` is its kind, the rest are its parameters and its schedule.

    Raises Invalid for an unknown kind or parameter, with the closest, and for values that are not allowed.
    """
    words = documented().words(world.servers)
    try:
        planned = planned_fault(_place(dict(asked), "body"), words)
    except InvalidInputError as error:
        raise InvalidRequestError(str(error)) from None
    return world.add_fault(planned, since=world.clock.glance())


def _place(value: Any, path: str) -> _Place:
    if isinstance(value, dict):
        members = {str(key): _place(each, f"{path}/{key}") for key, each in value.items()}
        return _Place(members, path, 1, 1, {key: _Place(key, path, 1, 1) for key in members})
    if isinstance(value, list):
        return _Place([_place(each, f"{path}/{index}") for index, each in enumerate(value)], path, 1, 1)
    return _Place(value, path, 1, 1)
