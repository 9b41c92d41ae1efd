"""Counts the requests of a world that match a description, and finds the closest other requests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from heapq import nsmallest
from typing import Any
from urllib.parse import parse_qsl, unquote

from workerkit.mockserver.control.refusal_cause import refusal_cause_of
from workerkit.mockserver.world.journal import as_exchange
from workerkit.mockserver.world.refusal import InvalidRequestError
from workerkit.mockserver.world.world import World
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.formats.json_contains import JsonDifference, contains, differences
from workerkit.openapi.formats.steps import Steps, finish
from workerkit.openapi.formats.yaml_nodes import did_you_mean
from workerkit.openapi.masking.mask import Mask

_MAX_CLOSEST = 3
_MAX_COMPARED = 50
_MAX_DIFFERENCES = 20
ANY_BODY = object()


@dataclass(frozen=True, slots=True)
class ExpectedCalls:
    """Describes the exchanges to count, and how many are expected. A field that is None is not checked.

    operation: the operationId.
    status: the status of the answer.
    path: the path, with or without the base path. If it has a query, the request must have all
        parameters of the query.
    body: JSON that the body of the request has to contain. `ANY_BODY`: the body is not checked.
    min_count: how many exchanges are expected at least.
    max_count: how many are expected at most. None for no limit.
    """

    operation: str | None = None
    status: int | None = None
    path: str | None = None
    body: Any = field(default=ANY_BODY)
    min_count: int = 1
    max_count: int | None = None

    def matches(self, exchange: Exchange, base_path: str) -> bool:
        """Whether an exchange has to be counted."""
        if self._differences_without_body(exchange, base_path):
            return False
        return self.body is ANY_BODY or contains(exchange.request_json(), self.body)

    def differences(self, exchange: Exchange, base_path: str) -> list[JsonDifference]:
        """Returns all differences between an exchange and the description."""
        in_body = [] if self.body is ANY_BODY else differences(exchange.request_json(), self.body, "body")
        return [*self._differences_without_body(exchange, base_path), *in_body]

    def distance(self, exchange: Exchange, base_path: str) -> tuple[bool, ...]:
        """Three values: whether the operation, the path and the status differ from the description.

        A smaller tuple means that the exchange is closer to the description.
        """
        fields = [difference.field for difference in self._differences_without_body(exchange, base_path)]
        return tuple(name in fields for name in ("operation", "path", "status"))

    def _differences_without_body(self, exchange: Exchange, base_path: str) -> list[JsonDifference]:
        found = []
        if self.operation not in (None, exchange.operation):
            found.append(JsonDifference("operation", self.operation, exchange.operation))
        if self.path is not None and not _has_path(exchange, self.path, base_path):
            found.append(JsonDifference("path", self.path, _path_and_query(exchange)))
        if self.status not in (None, exchange.status):
            found.append(JsonDifference("status", self.status, exchange.status))
        return found


@dataclass(frozen=True, slots=True)
class ClosestExchange:
    """An exchange that does not match, but almost.

    differences: the fields that do not match.
    cause: why the exchange was refused. None if it was not refused.
    """

    exchange: Exchange
    differences: tuple[JsonDifference, ...]
    cause: str | None

    def masked(self, mask: Mask) -> dict[str, Any]:
        """Returns the exchange as JSON for the control plane, without secrets."""
        return {
            "number": self.exchange.number,
            "line": mask.line(self.exchange),
            "differences": [_masked_difference(difference, mask) for difference in self.differences],
            "cause": None if self.cause is None else mask.text(self.cause),
        }


@dataclass(frozen=True, slots=True)
class Verification:
    """The result of `verify`.

    ok: whether the number of exchanges is as expected.
    count: how many exchanges of the journal match.
    dropped: how many exchanges the journal has dropped. They are not counted.
    closest: the closest other exchanges. Only filled if there were no matches or too few.
    """

    ok: bool
    count: int
    dropped: int
    closest: tuple[ClosestExchange, ...]

    def masked(self, mask: Mask) -> dict[str, Any]:
        """Returns the result as JSON for the control plane, without secrets."""
        closest = [near.masked(mask) for near in self.closest]
        return {"ok": self.ok, "count": self.count, "dropped": self.dropped, "closest": closest}


def expected_calls_of(json: Mapping[str, Any]) -> ExpectedCalls:
    """Returns the description that a call of the control plane has in its body.

    json: fields of ExpectedCalls, and `times`: a number, or a range with `min` and `max`. Without `times`, at
        least one exchange is expected. With only `max`, none is needed.
    """
    fields = dict(json)
    times = fields.pop("times", {})
    bounds = times if isinstance(times, Mapping) else {"min": times, "max": times}
    min_count = bounds.get("min", 0 if "max" in bounds else 1)
    return ExpectedCalls(**fields, min_count=int(min_count), max_count=bounds.get("max"))


def verify(world: World, expected: ExpectedCalls) -> Verification:
    """Counts the exchanges of a world's journal that match, and finds up to three closest other exchanges.

    Raises InvalidRequestError for an unknown operation.
    """
    return finish(verify_in_steps(world, expected))


def verify_in_steps(world: World, expected: ExpectedCalls) -> Steps[Verification]:
    """Does the work of `verify` in short steps. It reads the journal as it is at the first step."""
    operations = world.api.operations
    if expected.operation is not None and expected.operation not in operations:
        hint = did_you_mean(expected.operation, operations)
        raise InvalidRequestError(f"operation: there is no operation {expected.operation}{hint}")
    kept, dropped, others = world.journal.newest(), world.journal.dropped, list[Exchange]()
    for entry in kept:
        exchange = as_exchange(entry)
        if not expected.matches(exchange, world.api.base_path):
            others.append(exchange)
        yield
    count = len(kept) - len(others)
    ok = expected.min_count <= count and (expected.max_count is None or count <= expected.max_count)
    needs_closest = not count or count < expected.min_count
    closest = (yield from _closest_in_steps(world, expected, others)) if needs_closest else ()
    return Verification(ok, count, dropped, closest)


def verification_text(expected: Mapping[str, Any], result: Mapping[str, Any]) -> str:
    """Returns the result of a verification as text, with several lines.

    expected: the argument of `expected_calls_of`.
    result: the result of `Verification.masked`.
    """
    description = ", ".join(f"{name} {value}" for name, value in expected.items()) or "any request"
    lines = [f"expected {description}; found {result['count']} requests"]
    for near in result["closest"]:
        lines.append(f"  closest: {near['line']}")
        lines += [f"    {_difference_text(difference)}" for difference in near["differences"]]
        lines += [f"    {near['cause']}"] if near["cause"] else []
    return "\n".join(lines)


def _closest_in_steps(
    world: World, expected: ExpectedCalls, others: list[Exchange]
) -> Steps[tuple[ClosestExchange, ...]]:
    """Returns the closest exchanges, the closest first.

    Exchanges with the right operation come first. If the operation does not decide, the path decides. If the
    path does not decide, fewer differences come first. If these are equal, the newer exchange comes first.
    """
    base_path = world.api.base_path

    def exact_distance(pair: tuple[Exchange, list[JsonDifference]]) -> Any:
        exchange, found = pair
        return expected.distance(exchange, base_path)[:2], len(found), -exchange.number

    # Comparing bodies is slow, so only the roughly closest exchanges are compared in full.
    distances = []
    for exchange in others:
        distances.append((expected.distance(exchange, base_path), -exchange.number, exchange))
        yield
    compared = []
    for _, _, exchange in nsmallest(_MAX_COMPARED, distances):
        compared.append((exchange, expected.differences(exchange, base_path)))
        yield
    return tuple(
        ClosestExchange(exchange, tuple(found[:_MAX_DIFFERENCES]), refusal_cause_of(world, exchange))
        for exchange, found in nsmallest(_MAX_CLOSEST, compared, key=exact_distance)
    )


def _has_path(exchange: Exchange, path: str, base_path: str) -> bool:
    expected_path, _, query = path.partition("?")
    if unquote(exchange.path) not in (unquote(expected_path), base_path + unquote(expected_path)):
        return False
    parameters = parse_qsl(exchange.query, keep_blank_values=True)
    return all(parameter in parameters for parameter in parse_qsl(query, keep_blank_values=True))


def _path_and_query(exchange: Exchange) -> str:
    return f"{exchange.path}?{exchange.query}" if exchange.query else exchange.path


def _masked_difference(difference: JsonDifference, mask: Mask) -> dict[str, Any]:
    names = difference.field.split("/")
    json = {"field": mask.text(difference.field), "wanted": mask.value_in_fields(names, difference.wanted)}
    return json if difference.absent else {**json, "seen": mask.value_in_fields(names, difference.seen)}


def _difference_text(difference: Mapping[str, Any]) -> str:
    found = repr(difference["seen"]) if "seen" in difference else "nothing"
    return f"{difference['field']}: expected {difference['wanted']!r}, found {found}"
