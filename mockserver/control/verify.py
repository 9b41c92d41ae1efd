"""How often a request came, and what came instead: a function of a world and its exchanges."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from heapq import nsmallest
from typing import Any
from urllib.parse import parse_qsl, unquote

from workerkit.mockserver.control.refusal_cause import cause_of
from workerkit.mockserver.world.refusal import InvalidRequestError
from workerkit.mockserver.world.world import World
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.formats.json_contains import JsonDifference, contains, differences
from workerkit.openapi.formats.yaml_nodes import closest
from workerkit.openapi.masking.mask import Mask

_MOST_CLOSEST = 3
_MOST_COMPARED = 50
_MOST_DIFFERENCES = 20
ANY_BODY = object()


@dataclass(frozen=True, slots=True)
class Wanted:
    """The requests to count: of an operation, with a status, a path, a body that contains this JSON.

    What is None is not looked at. A path may leave out the base path and may have a query, whose parameters
    have to be there. It has to come `least` to `most` times; a `most` of None is no bound.
    """

    operation: str | None = None
    status: int | None = None
    path: str | None = None
    body: Any = field(default=ANY_BODY)
    least: int = 1
    most: int | None = None

    def matches(self, exchange: Exchange, base_path: str) -> bool:
        """Whether an exchange is one of those to count."""
        if self._outer(exchange, base_path):
            return False
        return self.body is ANY_BODY or contains(exchange.sent(), self.body)

    def differences(self, exchange: Exchange, base_path: str) -> list[JsonDifference]:
        """Where an exchange is not as wanted, field by field."""
        outer = self._outer(exchange, base_path)
        inner = [] if self.body is ANY_BODY else differences(exchange.sent(), self.body, "body")
        return [*outer, *inner]

    def distance(self, exchange: Exchange, base_path: str) -> tuple[bool, ...]:
        """What is not as wanted of operation, path and status: the smaller, the closer."""
        fields = [each.field for each in self._outer(exchange, base_path)]
        return tuple(name in fields for name in ("operation", "path", "status"))

    def _outer(self, exchange: Exchange, base_path: str) -> list[JsonDifference]:
        found = []
        if self.operation not in (None, exchange.operation):
            found.append(JsonDifference("operation", self.operation, exchange.operation))
        if self.path is not None and not _leads_to(self.path, exchange, base_path):
            found.append(JsonDifference("path", self.path, _target(exchange)))
        if self.status not in (None, exchange.status):
            found.append(JsonDifference("status", self.status, exchange.status))
        return found


@dataclass(frozen=True, slots=True)
class Near:
    """An exchange that is not as wanted, where it differs, and why it was refused, if it was."""

    exchange: Exchange
    differences: tuple[JsonDifference, ...]
    cause: str | None

    def masked(self, mask: Mask) -> dict[str, Any]:
        """The exchange as the control plane shows it, without secrets."""
        return {
            "number": self.exchange.number,
            "line": mask.line(self.exchange),
            "differences": [_masked(difference, mask) for difference in self.differences],
            "cause": None if self.cause is None else mask.text(self.cause),
        }


@dataclass(frozen=True, slots=True)
class Verification:
    """Whether a request came as often as wanted, how often it came, and what came closest where too rarely.

    `count` is of the exchanges that the journal still keeps; `dropped` are gone.
    """

    ok: bool
    count: int
    dropped: int
    closest: tuple[Near, ...]

    def masked(self, mask: Mask) -> dict[str, Any]:
        """The answer of the control plane, without secrets."""
        closest = [each.masked(mask) for each in self.closest]
        return {"ok": self.ok, "count": self.count, "dropped": self.dropped, "closest": closest}


def wanted_of(asked: Mapping[str, Any]) -> Wanted:
    """What a call of the control plane asks for: fields of Wanted, and `times` with `min` and `max`.

    Without `times` at least once; where only `max` is given, as rarely as one likes.
    """
    told = dict(asked)
    times = told.pop("times", {})
    least = times.get("min", 0 if "max" in times else 1)
    return Wanted(**told, least=int(least), most=times.get("max"))


def verify(world: World, wanted: Wanted) -> Verification:
    """Counts the exchanges of a world's journal that are as wanted; up to three of the others are closest.

    Raises Invalid for an operation that there is not.
    """
    operations = world.api.operations
    if wanted.operation is not None and wanted.operation not in operations:
        hint = closest(wanted.operation, operations)
        raise InvalidRequestError(f"operation: there is no operation {wanted.operation}{hint}")
    base_path, exchanges = world.api.base_path, list(world.journal)
    others = [exchange for exchange in exchanges if not wanted.matches(exchange, base_path)]
    count = len(exchanges) - len(others)
    ok = wanted.least <= count and (wanted.most is None or count <= wanted.most)
    looks_further = not count or count < wanted.least
    nearest = _closest(world, wanted, others) if looks_further else ()
    return Verification(ok, count, world.journal.dropped, nearest)


def in_words(asked: Mapping[str, Any], found: Mapping[str, Any]) -> str:
    """A verification in lines for people: `found` is what `Verification.masked` says of what was asked."""
    said = ", ".join(f"{name} {value}" for name, value in asked.items()) or "any request"
    lines = [f"{said}: came {found['count']} times"]
    for near in found["closest"]:
        lines.append(f"  closest: {near['line']}")
        lines += [f"    {_difference_in_words(difference)}" for difference in near["differences"]]
        lines += [f"    {near['cause']}"] if near["cause"] else []
    return "\n".join(lines)


def _closest(world: World, wanted: Wanted, others: list[Exchange]) -> tuple[Near, ...]:
    """The operation counts most, then the path, then everything else; of equals the newer."""
    base_path = world.api.base_path

    def roughly(each: Exchange) -> Any:
        return wanted.distance(each, base_path), -each.number

    def closely(pair: tuple[Exchange, list[JsonDifference]]) -> Any:
        return wanted.distance(pair[0], base_path)[:2], len(pair[1]), -pair[0].number

    likely = nsmallest(_MOST_COMPARED, others, key=roughly)
    compared = [(each, wanted.differences(each, base_path)) for each in likely]
    return tuple(
        Near(each, tuple(found[:_MOST_DIFFERENCES]), cause_of(world, each))
        for each, found in nsmallest(_MOST_CLOSEST, compared, key=closely)
    )


def _leads_to(path: str, exchange: Exchange, base_path: str) -> bool:
    wanted, _, query = path.partition("?")
    if unquote(exchange.path) not in (unquote(wanted), base_path + unquote(wanted)):
        return False
    seen = parse_qsl(exchange.query, keep_blank_values=True)
    return all(pair in seen for pair in parse_qsl(query, keep_blank_values=True))


def _target(exchange: Exchange) -> str:
    return f"{exchange.path}?{exchange.query}" if exchange.query else exchange.path


def _masked(difference: JsonDifference, mask: Mask) -> dict[str, Any]:
    names = difference.field.split("/")
    shown = {"field": mask.text(difference.field), "wanted": mask.under(names, difference.wanted)}
    return shown if difference.absent else {**shown, "seen": mask.under(names, difference.seen)}


def _difference_in_words(shown: Mapping[str, Any]) -> str:
    seen = repr(shown["seen"]) if "seen" in shown else "nothing"
    return f"{shown['field']}: wanted {shown['wanted']!r}, seen {seen}"
