"""Capsules as files: YAML to which exchanges are added one by one, valid after each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from workerkit.mockserver.capsules.file.body import Bodies, json_text
from workerkit.mockserver.capsules.file.capsule import Capsule, Ending, Recorded
from workerkit.mockserver.capsules.file.form import (
    ANSWER_KEYS,
    EXCHANGE_KEYS,
    HEAD_KEYS,
    LONGEST_SECONDS,
    REQUEST_KEYS,
    STATUSES,
    TOKEN,
    VERSION,
)
from workerkit.mockserver.capsules.file.upgrade import UPGRADES
from workerkit.openapi.exchange import Exchange, Headers
from workerkit.openapi.formats import yaml_nodes
from workerkit.openapi.formats.timestamp import read_time
from workerkit.openapi.formats.yaml_nodes import Node
from workerkit.openapi.spec.api import operation_of
from workerkit.scenarios.fields.yaml_checks import chosen, mapping, number, sequence, text, whole_number

# Ends are written to a microsecond: two that are one apart may change places.
_ROUNDING = 2e-6


def read_capsule(path: Path) -> Capsule:
    """The capsule in a file. Raises NotUnderstood with file, line and column."""
    try:
        return parse_capsule(path.read_text("utf-8"), name=str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise yaml_nodes.InvalidInputError(
            f"{path}:1:1: {getattr(error, 'strerror', None) or error}"
        ) from None


def parse_capsule(source: str, *, name: str) -> Capsule:
    """The capsule in a text; `name` is the file's name for messages. Raises NotUnderstood."""
    node = _upgraded(yaml_nodes.load(source, name=name))
    given = mapping(node, HEAD_KEYS)
    for key in ("began", "exchanges"):
        if key not in given:
            raise node.fail(f'"{key}" is missing: the file is incomplete')
    began = _time(given["began"])
    nodes = [] if given["exchanges"].value is None else sequence(given["exchanges"])
    return Capsule(
        began=began,
        recorded=_recorded(nodes, began),
        world=_world(given["world"]) if "world" in given else None,
        upstream=_told(given, "upstream"),
        scenario=_told(given, "scenario"),
        expected=_told(given, "expected"),
        notes=tuple(text(each) for each in sequence(given["notes"])) if "notes" in given else (),
    )


def _upgraded(node: Node) -> Node:
    """The file's tree in the form of this version. Raises NotUnderstood for a newer one."""
    if not isinstance(node.value, dict) or "capsule" not in node.value:
        raise node.fail('this is no capsule: one begins with "capsule: 1"')
    version = whole_number(node.value["capsule"], least=0)
    if version > VERSION:
        raise node.value["capsule"].fail(
            f"the capsule has version {version}, this workerkit reads up to {VERSION}: take a newer workerkit"
        )
    for each in range(version, VERSION):
        node = UPGRADES[each](node)
    return node


def _recorded(nodes: list[Node], began: float) -> tuple[Recorded, ...]:
    bodies, latest = Bodies(), 0.0
    found: list[Recorded] = []
    for node in nodes:
        recorded = _exchange(node, began, bodies)
        ended = recorded.exchange.ended - began
        if ended + _ROUNDING < latest:
            back = f"{latest - ended:.3f} s before the one above"
            raise node.fail(f"this exchange ended {back}: times run backwards")
        latest = max(latest, ended)
        found.append(recorded)
    found.sort(key=lambda each: each.exchange.began)
    return tuple(_numbered(each, place) for place, each in enumerate(found, 1))


def _numbered(recorded: Recorded, place: int) -> Recorded:
    return replace(recorded, exchange=replace(recorded.exchange, number=place))


def _exchange(node: Node, began: float, bodies: Bodies) -> Recorded:
    given = mapping(node, EXCHANGE_KEYS)
    for key in ("at", "took", "request"):
        if key not in given:
            raise node.fail(f'"{key}" is missing: the exchange is incomplete')
    at = number(given["at"], least=0, most=LONGEST_SECONDS)
    took = number(given["took"], least=0, most=LONGEST_SECONDS)
    request = mapping(given["request"], REQUEST_KEYS)
    for key in ("method", "path"):
        if key not in request:
            raise given["request"].fail(f'"{key}" is missing')
    method, path = _method(request["method"]), text(request["path"])
    answer = mapping(given["answer"], ANSWER_KEYS) if "answer" in given else {}
    if "answer" in given and "status" not in answer:
        raise given["answer"].fail('"status" is missing')
    exchange = Exchange(
        number=0,
        operation=operation_of(method, path),
        server=_told(given, "server") or None,
        method=method,
        path=path,
        query=_told(request, "query"),
        request_headers=_headers(request),
        request_body=bodies.read(request["body"]) if "body" in request else b"",
        status=_status(answer["status"]) if answer else None,
        answer_headers=_headers(answer),
        answer_body=bodies.read(answer["body"]) if "body" in answer else b"",
        began=began + at,
        ended=began + at + took,
        why=_told(given, "why"),
    )
    return Recorded(exchange, _ending(given, exchange.status, node))


def _ending(given: Mapping[str, Node], status: int | None, node: Node) -> Ending:
    if "ending" in given:
        return Ending(chosen(given["ending"], list(Ending), "ending"))
    if status is None:
        raise node.fail('there is neither an "answer" nor an "ending" that says why there is none')
    return Ending.WHOLE


def _told(given: Mapping[str, Node], key: str) -> str:
    if key not in given:
        return ""
    if not isinstance(given[key].value, str):
        raise given[key].fail("text is expected here")
    return str(given[key].value)


def _method(node: Node) -> str:
    if not isinstance(node.value, str) or not TOKEN.fullmatch(node.value):
        raise node.fail("the method of a request is expected here, as in GET")
    return node.value


def _status(node: Node) -> int:
    status = whole_number(node, least=STATUSES.start)
    if status not in STATUSES:
        raise node.fail(f"{status} is no status of an answer")
    return status


def _headers(given: Mapping[str, Node]) -> Headers:
    pairs = sequence(given["headers"]) if "headers" in given else []
    return tuple(_header(pair) for pair in pairs)


def _header(node: Node) -> tuple[str, str]:
    pair = [each.value for each in sequence(node)]
    if len(pair) != 2 or not all(isinstance(each, str) for each in pair):
        raise node.fail("a header is a pair of texts, its name and its value")
    name, value = pair
    if not TOKEN.fullmatch(name) or "\r" in value or "\n" in value:
        raise node.fail("a header's name is one word, and its value one line")
    return name.lower(), value


def _world(node: Node) -> Any:
    world = json_text(node) if isinstance(node.value, str) else node.plain()
    if not isinstance(world, dict):
        raise node.fail("the snapshot of a world is expected here: an object")
    return world


def _time(node: Node) -> float:
    try:
        at = read_time(str(node.value))
    except ValueError as error:
        raise node.fail(str(error)) from None
    if at < 0:
        raise node.fail("a time from the year 1970 on is expected here")
    return at
