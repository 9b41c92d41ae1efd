"""Adds a fault to a world from its JSON description."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workerkit.mockserver.world.active_fault import ActiveFault
from workerkit.mockserver.world.refusal import InvalidRequestError
from workerkit.mockserver.world.world import World
from workerkit.mockserver.worlds.own_port import own_port_text
from workerkit.openapi.formats.yaml_nodes import InvalidInputError, Node
from workerkit.scenarios.faults.planned_fault import read_planned_fault
from workerkit.scenarios.fields.vocabulary import api_vocabulary


class _JsonNode(Node):
    """A JSON value with its path. Error messages show the path, because parsed JSON has no line numbers."""

    __slots__ = ()

    def fail(self, message: str) -> InvalidInputError:
        return InvalidInputError(f"{self.name}: {message}")


def add_described_fault(world: World, description: Mapping[str, Any]) -> ActiveFault:
    """Adds a fault to a world.

    description: `fault` is the kind of the fault. The other keys are its parameters and its schedule.

    Raises InvalidRequestError for an unknown kind, an unknown parameter or a wrong value, and for a fault
    that needs a port of its own, if the world has none. For an unknown name the message suggests the most
    similar name.
    """
    words = api_vocabulary().allowed_words(world.servers)
    try:
        planned = read_planned_fault(_json_node(dict(description), "body"), words)
    except InvalidInputError as error:
        raise InvalidRequestError(str(error)) from None
    if planned.fault.needs_own_port and world.close_port is None:
        raise InvalidRequestError(f"body/fault: {own_port_text(planned.fault)}")
    return world.add_fault(planned, since=world.clock.peek())


def _json_node(value: Any, path: str) -> _JsonNode:
    if isinstance(value, dict):
        members = {str(key): _json_node(member, f"{path}/{key}") for key, member in value.items()}
        return _JsonNode(members, path, 1, 1, {key: _JsonNode(key, path, 1, 1) for key in members})
    if isinstance(value, list):
        items = [_json_node(item, f"{path}/{index}") for index, item in enumerate(value)]
        return _JsonNode(items, path, 1, 1)
    return _JsonNode(value, path, 1, 1)
