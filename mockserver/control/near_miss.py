"""Finds what a request was probably meant to be: the nearest operation and the nearest body fields."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from workerkit.mockserver.control.refusal_cause import refusal_cause_of
from workerkit.mockserver.world.world import World
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.masking.mask import Mask
from workerkit.openapi.spec.operation import Operation

_MIN_LIKENESS = 0.5
_MAX_FIELDS = 20
_MAX_COMPARED_LENGTH = 300


@dataclass(frozen=True, slots=True)
class NearMiss:
    """Why a request was refused, and what is nearest to it.

    cause: why it was refused. None if it was not refused.
    operation: the operation of the request. If the request has none, the most similar one, or None.
    differences: sentences that say what in the request differs from the operation.
    """

    cause: str | None
    operation: Operation | None
    differences: tuple[str, ...]

    def masked(self, mask: Mask) -> dict[str, Any]:
        """Returns the near miss as JSON for the control plane, without secrets."""
        nearest = self.operation
        return {
            "cause": None if self.cause is None else mask.text(self.cause),
            "nearest": nearest and {"operation": nearest.id, "method": nearest.method, "path": nearest.path},
            "differences": [mask.text(difference) for difference in self.differences],
        }


def near_miss_of(world: World, exchange: Exchange) -> NearMiss:
    """Returns the near miss of an exchange.

    A request that was accepted can have one, too: the server ignores fields that the operation does not have.
    """
    cause = refusal_cause_of(world, exchange)
    operation = world.api.operations.get(exchange.operation or "") or _nearest(world, exchange)
    return NearMiss(cause, operation, tuple(_differences(operation, exchange)) if operation else ())


def _nearest(world: World, exchange: Exchange) -> Operation | None:
    """Returns the operation with the most similar path. Of several, it is one with the same method."""
    found = max(
        world.api.operations.values(),
        key=lambda operation: (
            _likeness(world, operation, exchange),
            operation.method == exchange.method,
        ),
    )
    return found if _likeness(world, found, exchange) >= _MIN_LIKENESS else None


def _likeness(world: World, operation: Operation, exchange: Exchange) -> float:
    """Returns how similar the paths are, from 0 to 1. The base path of all operations does not count."""
    path = exchange.path[:_MAX_COMPARED_LENGTH]
    known, asked = (
        text.removeprefix(world.api.base_path) for text in (_filled_in(operation.path, path), path)
    )
    return difflib.SequenceMatcher(None, known, asked).ratio()


def _filled_in(template: str, path: str) -> str:
    """Returns the template with the parts of the path in the places of its parameters."""
    parts = path.split("/")
    return "/".join(
        parts[index] if part.startswith("{") and index < len(parts) else part
        for index, part in enumerate(template.split("/"))
    )


def _differences(operation: Operation, exchange: Exchange) -> Iterator[str]:
    if exchange.operation is None:
        if operation.method != exchange.method:
            yield f"the method is {exchange.method}, not {operation.method}"
        if _filled_in(operation.path, exchange.path) != exchange.path:
            yield f"the path is {exchange.path}, not {operation.path}"
        return
    for name in _unknown_names(exchange.request_json(), operation.body_field_names):
        close = difflib.get_close_matches(name, sorted(operation.body_field_names), n=1)
        if close:
            yield f'the body has a field "{name}", and {operation.id} has a field "{close[0]}"'


def _unknown_names(body: Any, known: frozenset[str]) -> list[str]:
    """Returns the names of the body's own fields that the operation does not have."""
    names = list(body) if isinstance(body, Mapping) else []
    return [name[:_MAX_COMPARED_LENGTH] for name in names if name not in known][:_MAX_FIELDS]
