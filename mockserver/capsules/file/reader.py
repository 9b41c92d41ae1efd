"""Reads capsule files. Exchanges are added to a file one by one, and the file is valid after each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from workerkit.mockserver.capsules.file.body import BodyReader, parse_json_block
from workerkit.mockserver.capsules.file.capsule import Capsule, Ending, RecordedExchange
from workerkit.mockserver.capsules.file.file_format import (
    ANSWER_KEYS,
    EXCHANGE_KEYS,
    HEAD_KEYS,
    MAX_SECONDS,
    REQUEST_KEYS,
    STATUSES,
    TOKEN,
    VERSION,
    is_complete,
)
from workerkit.mockserver.capsules.file.upgrade import UPGRADES
from workerkit.openapi.exchange import Exchange, Headers
from workerkit.openapi.formats import yaml_nodes
from workerkit.openapi.formats.timestamp import read_time
from workerkit.openapi.formats.yaml_nodes import Node
from workerkit.openapi.spec.api import operation_of
from workerkit.scenarios.fields.yaml_checks import (
    display_node,
    read_list,
    read_mapping,
    read_number,
    read_text,
    read_whole_number,
    read_word,
)

# A file has times in whole microseconds. Rounding may swap two exchanges that end almost together.
_ROUNDING_SECONDS = 2e-6


def parse_capsule(source: str, *, name: str) -> Capsule:
    """The capsule in the text of a file. `name` is the file's name for messages.

    Raises InvalidInputError with file, line and column.
    """
    node = _upgraded(yaml_nodes.load(source, name=name))
    given = read_mapping(node, HEAD_KEYS)
    for key in ("began", "exchanges"):
        if key not in given:
            raise node.fail(f'"{key}" is missing: the file is incomplete')
    began = _time(given["began"])
    nodes = [] if given["exchanges"].value is None else read_list(given["exchanges"])
    count = _complete(given["complete"]) if "complete" in given else None
    return Capsule(
        began=began,
        recorded=_recorded(nodes, began),
        world=_world(given["world"]) if "world" in given else None,
        upstream=_text(given, "upstream"),
        scenario=_text(given, "scenario"),
        expected=_text(given, "expected"),
        notes=tuple(read_text(note) for note in read_list(given["notes"])) if "notes" in given else (),
        is_complete=is_complete(count, len(nodes)),
    )


def _complete(node: Node) -> int | bool:
    return False if node.value is False else read_whole_number(node, minimum=0)


def _upgraded(node: Node) -> Node:
    """The file's content in the newest version of the format. Raises InvalidInputError for a newer file."""
    if not isinstance(node.value, dict) or "capsule" not in node.value:
        raise node.fail('this is not a capsule: a capsule begins with "capsule: 1"')
    file_version = read_whole_number(node.value["capsule"], minimum=0)
    if file_version > VERSION:
        raise node.value["capsule"].fail(
            f"the capsule has version {file_version}, but this workerkit reads versions up to {VERSION}: "
            "install a newer workerkit"
        )
    for version in range(file_version, VERSION):
        node = UPGRADES[version](node)
    return node


def _recorded(nodes: list[Node], began: float) -> tuple[RecordedExchange, ...]:
    bodies, last_end = BodyReader(), 0.0
    in_file: list[RecordedExchange] = []
    for node in nodes:
        recorded = _exchange(node, began, bodies)
        end = recorded.exchange.ended - began
        if end + _ROUNDING_SECONDS < last_end:
            raise node.fail(
                f"this exchange ended {last_end - end:.3f} s before the exchange above it. "
                "Sort the exchanges by the time when they ended"
            )
        last_end = max(last_end, end)
        in_file.append(recorded)
    in_file.sort(key=lambda recorded: recorded.exchange.began)
    return tuple(_numbered(recorded, number) for number, recorded in enumerate(in_file, 1))


def _numbered(recorded: RecordedExchange, number: int) -> RecordedExchange:
    return replace(recorded, exchange=replace(recorded.exchange, number=number))


def _exchange(node: Node, began: float, bodies: BodyReader) -> RecordedExchange:
    given = read_mapping(node, EXCHANGE_KEYS)
    for key in ("at", "took", "request"):
        if key not in given:
            raise node.fail(f'"{key}" is missing: the exchange is incomplete')
    start = read_number(given["at"], minimum=0, maximum=MAX_SECONDS)
    duration = read_number(given["took"], minimum=0, maximum=MAX_SECONDS)
    request = read_mapping(given["request"], REQUEST_KEYS)
    for key in ("method", "path"):
        if key not in request:
            raise given["request"].fail(f'"{key}" is missing')
    method, path = _method(request["method"]), read_text(request["path"])
    answer = read_mapping(given["answer"], ANSWER_KEYS) if "answer" in given else {}
    if "answer" in given and "status" not in answer:
        raise given["answer"].fail('"status" is missing')
    exchange = Exchange(
        number=0,
        operation=operation_of(method, path),
        server=_text(given, "server") or None,
        method=method,
        path=path,
        query=_text(request, "query"),
        request_headers=_headers(request),
        request_body=bodies.read(request["body"]) if "body" in request else b"",
        status=_status(answer["status"]) if answer else None,
        answer_headers=_headers(answer),
        answer_body=bodies.read(answer["body"]) if "body" in answer else b"",
        began=began + start,
        ended=began + start + duration,
        why=_text(given, "why"),
    )
    return RecordedExchange(exchange, _ending(given, exchange.status, node))


def _ending(given: Mapping[str, Node], status: int | None, node: Node) -> Ending:
    if "ending" in given:
        return Ending(read_word(given["ending"], list(Ending), "ending"))
    if status is None:
        raise node.fail('"answer" is missing. If no answer came, write an "ending", such as "closed"')
    return Ending.WHOLE


def _text(given: Mapping[str, Node], key: str) -> str:
    if key not in given:
        return ""
    if not isinstance(given[key].value, str):
        raise given[key].fail("text is expected here")
    return str(given[key].value)


def _method(node: Node) -> str:
    if not isinstance(node.value, str) or not TOKEN.fullmatch(node.value):
        raise node.fail("a request method is expected here, such as GET")
    return node.value


def _status(node: Node) -> int:
    status = read_whole_number(node, minimum=0)
    if status not in STATUSES:
        raise node.fail(
            f"{status} is not an HTTP status: write a number from {STATUSES[0]} to {STATUSES[-1]}"
        )
    return status


def _headers(given: Mapping[str, Node]) -> Headers:
    pairs = read_list(given["headers"]) if "headers" in given else []
    return tuple(_header(pair) for pair in pairs)


def _header(node: Node) -> tuple[str, str]:
    pair = [part.value for part in read_list(node)]
    if len(pair) != 2 or not all(isinstance(part, str) for part in pair):
        raise node.fail("a header is a pair of texts: its name and its value")
    name, value = pair
    if not TOKEN.fullmatch(name) or "\r" in value or "\n" in value:
        raise node.fail("a header's name must be one word, and its value must be one line")
    return name.lower(), value


def _world(node: Node) -> Any:
    world = parse_json_block(node) if isinstance(node.value, str) else node.plain()
    if not isinstance(world, dict):
        raise node.fail("the snapshot of a world is expected here: a JSON object")
    return world


def _time(node: Node) -> float:
    try:
        seconds = read_time(str(node.value))
    except ValueError:
        raise node.fail(
            f"{display_node(node)!r} is not a time: write one such as 2025-12-01T10:00:00Z"
        ) from None
    if seconds < 0:
        raise node.fail("a time in 1970 or later is expected here")
    return seconds
