"""Reads a scenario from YAML; refuses whatever it does not understand, with file, line and column."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path, PurePath
from typing import Any

from workerkit.openapi import yamlsource
from workerkit.openapi.yamlsource import Node
from workerkit.scenarios.effects import EFFECTS, Effect
from workerkit.scenarios.kinds import Kind
from workerkit.scenarios.record import (
    Words,
    chosen,
    mapping,
    parameters,
    record,
    sequence,
    text,
    whole_number,
)
from workerkit.scenarios.rules import RULES
from workerkit.scenarios.scenario import Expectation, Happening, Scenario, ServerPlan, TaskGroup, WorldPlan
from workerkit.scenarios.trigger import TRIGGERS, Trigger
from workerkit.scenarios.until import Until
from workerkit.scenarios.vocabulary import Vocabulary, documented

_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_KEYS = ("title", "about", "world", "when", "expect", "until")


def read(path: Path, vocabulary: Vocabulary | None = None) -> Scenario:
    """The scenario in a file. Raises NotUnderstood, and OSError where the file cannot be read."""
    return parse(path.read_bytes(), name=str(path), vocabulary=vocabulary)


def parse(source: bytes, *, name: str, vocabulary: Vocabulary | None = None) -> Scenario:
    """The scenario in a YAML text in UTF-8; raises NotUnderstood, whose text begins with FILE:LINE:COLUMN.

    `name` is the file's, for messages, and the scenario's own without folder and ending. The words are those
    of the bundled spec where no vocabulary is given.
    """
    return _scenario(_loaded(source, name), vocabulary or documented())


def parse_world(source: bytes, *, name: str) -> WorldPlan:
    """The world in a YAML (or JSON) text in UTF-8, as the `world` of a scenario; raises NotUnderstood."""
    return _world(_loaded(source, name), documented())


def _loaded(source: bytes, name: str) -> Node:
    try:
        return yamlsource.load(source.decode("utf-8"), name=name)
    except UnicodeDecodeError as error:
        raise yamlsource.NotUnderstood(f"{name}:1:1: the file is no UTF-8: {error.reason}") from None


def _scenario(node: Node, vocabulary: Vocabulary) -> Scenario:
    parts = mapping(node, _KEYS)
    for key in ("title", "about", "world"):
        if key not in parts:
            raise node.fail(f'"{key}" is missing')
    world = _world(parts["world"], vocabulary)
    words = _words(vocabulary, world.servers)
    return Scenario(
        name=_name(node),
        title=text(parts["title"]),
        about=text(parts["about"]),
        world=world,
        when=tuple(_happening(each, words) for each in _items(parts, "when")),
        expect=_expectations(_items(parts, "expect"), words),
        until=record(parts["until"], Until, words) if "until" in parts else Until(),
    )


def _name(node: Node) -> str:
    stem = PurePath(node.name).stem
    if not _NAME.fullmatch(stem):
        raise node.fail(f'"{stem}", the name of the file, has to be small letters, digits and single hyphens')
    return stem


def _items(parts: dict[str, Node], key: str) -> list[Node]:
    return sequence(parts[key]) if key in parts else []


def _words(vocabulary: Vocabulary, servers: tuple[ServerPlan, ...]) -> Words:
    return vocabulary.words(server.name for server in servers)


def _world(node: Node, vocabulary: Vocabulary) -> WorldPlan:
    parts = mapping(node, ("servers", "tasks", "seed"))
    if "servers" not in parts or not parts["servers"].value:
        raise node.fail('"servers" is missing: name at least the one that the worker works for')
    servers = _servers(parts["servers"], vocabulary)
    words = _words(vocabulary, servers)
    tasks = tuple(_task_group(each, vocabulary, words) for each in _items(parts, "tasks"))
    seed = {"seed": whole_number(parts["seed"], least=0)} if "seed" in parts else {}
    return WorldPlan(servers, tasks, **seed)


def _servers(node: Node, vocabulary: Vocabulary) -> tuple[ServerPlan, ...]:
    servers: list[ServerPlan] = []
    taken: set[str] = set()
    for each in sequence(node):
        server = record(each, ServerPlan, _words(vocabulary, ()))
        for word in filter(None, (server.name, server.key)):
            if word in taken:
                raise each.fail(f'"{word}" is taken already: each server needs a name and a key of its own')
            taken.add(word)
        servers.append(server)
    return tuple(servers)


def _task_group(node: Node, vocabulary: Vocabulary, words: Words) -> TaskGroup:
    given = mapping(node, ("count", "server", *vocabulary.task_fields))
    for key in ("count", "server"):
        if key not in given:
            raise node.fail(f'"{key}" is missing')
    count = whole_number(given.pop("count"), least=1)
    server = words.choose(given.pop("server"), Kind.SERVER)
    if "id" in given and count > 1:
        raise given["id"].fail(f"{count} tasks cannot have one id: leave it out, or set count to 1")
    fields = {name: _task_field(name, each, vocabulary) for name, each in given.items()}
    return TaskGroup(count, server, fields)


def _task_field(name: str, node: Node, vocabulary: Vocabulary) -> Any:
    if name == "status":
        return chosen(node, vocabulary.task_statuses, "task status")
    flaw = vocabulary.flaw_of_task_field(name, node.plain())
    if flaw is not None:
        raise node.fail(f"{name}: {flaw}")
    return node.plain()


def _happening(node: Node, words: Words) -> Happening:
    given = mapping(node, (*TRIGGERS, "do"))
    effects = tuple(_effect(each, words) for each in sequence(given["do"])) if "do" in given else ()
    if not effects:
        raise node.fail('"do" is missing: say what happens')
    return Happening(_trigger(node, given, words), effects)


def _trigger(node: Node, given: dict[str, Node], words: Words) -> Trigger:
    named = [key for key in TRIGGERS if key in given]
    if len(named) != 1:
        raise node.fail(f"say when it happens, with exactly one of {', '.join(TRIGGERS)}")
    return record(given[named[0]], TRIGGERS[named[0]], words)


def _effect(node: Node, words: Words) -> Effect:
    kind, details = _named(node, EFFECTS, "effect")
    return EFFECTS[kind].read(details, words)


def _expectations(nodes: list[Node], words: Words) -> tuple[Expectation, ...]:
    expectations: list[Expectation] = []
    for node in nodes:
        rule, details = _named(node, RULES, "rule")
        if rule in (earlier.rule for earlier in expectations):
            raise node.fail(f'"{rule}" is expected already: say it once')
        expectations.append(Expectation(rule, parameters(details, RULES[rule], words)))
    return tuple(expectations)


def _named(node: Node, known: Iterable[str], what: str) -> tuple[str, Node]:
    """The name and the details of an item: `NAME: DETAILS`, or the name alone."""
    if not isinstance(node.value, dict):
        return chosen(node, known, what), Node({}, node.name, node.line, node.column)
    if len(node.value) != 1:
        raise node.fail(f"one {what} an item: begin each with a dash")
    ((name, details),) = node.value.items()
    return chosen(node.keys[name], known, what), details
