"""Reads a scenario from YAML; refuses whatever it does not understand, with file, line and column."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path, PurePath
from typing import TypeVar

from workerkit.openapi.formats import yaml_nodes
from workerkit.openapi.formats.yaml_nodes import Node
from workerkit.openapi.spec.dialect import Dialect, parse_dialect
from workerkit.scenarios.fields.kinds import ValueKind
from workerkit.scenarios.fields.record import parameters, record
from workerkit.scenarios.fields.value import leaf
from workerkit.scenarios.fields.vocabulary import Vocabulary, documented
from workerkit.scenarios.fields.words import Words
from workerkit.scenarios.fields.yaml_checks import chosen, mapping, sequence, text, whole_number
from workerkit.scenarios.loading.consistency import check_story, check_waivers, check_world
from workerkit.scenarios.model.effects import EFFECTS, AddTasks, Effect
from workerkit.scenarios.model.scenario import Expectation, Happening, Scenario, Waiver
from workerkit.scenarios.model.task_group import task_group
from workerkit.scenarios.model.trigger import TRIGGERS, Trigger
from workerkit.scenarios.model.until import Until
from workerkit.scenarios.model.world_plan import (
    AccountPlan,
    CustomerRequestPlan,
    ServerPlan,
    WorldPlan,
    called,
)
from workerkit.scenarios.rules import RULES

NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
REQUIRED = ("title", "about", "world")
Plan = TypeVar("Plan", CustomerRequestPlan, AccountPlan)


def read(path: Path, vocabulary: Vocabulary | None = None) -> Scenario:
    """The scenario in a file. Raises NotUnderstood, and OSError where the file cannot be read."""
    return parse(path.read_bytes(), name=str(path), vocabulary=vocabulary)


def parse(source: bytes, *, name: str, vocabulary: Vocabulary | None = None) -> Scenario:
    """The scenario in a YAML text in UTF-8; raises NotUnderstood, whose text begins with FILE:LINE:COLUMN.

    `name` is the file's, for messages, and the scenario's own without folder and ending. The words are those
    of the bundled spec where no vocabulary is given.
    """
    scenario = _scenario(_loaded(source, name), vocabulary or documented())
    return replace(scenario, source=source.decode("utf-8"))


def parse_world(source: bytes, *, name: str) -> WorldPlan:
    """The world in a YAML (or JSON) text in UTF-8, as the `world` of a scenario; raises NotUnderstood."""
    return _world(_loaded(source, name), documented())


def _loaded(source: bytes, name: str) -> Node:
    try:
        return yaml_nodes.load(source.decode("utf-8"), name=name)
    except UnicodeDecodeError as error:
        raise yaml_nodes.InvalidInputError(f"{name}:1:1: the file is no UTF-8: {error.reason}") from None


def _scenario(node: Node, vocabulary: Vocabulary) -> Scenario:
    parts = mapping(node, (*REQUIRED, "when", "expect", "waive", "until"))
    for key in REQUIRED:
        if key not in parts:
            raise node.fail(f'"{key}" is missing')
    world = _world(parts["world"], vocabulary)
    whens = _items(parts, "when")
    words = _all_words(vocabulary, world, whens)
    when = tuple(_happening(each, words) for each in whens)
    check_story(world, when, whens, vocabulary)
    expect = _expectations(_items(parts, "expect"), words)
    waive = tuple(_waiver(each) for each in _items(parts, "waive"))
    check_waivers(waive, _items(parts, "waive"), expect)
    return Scenario(
        name=_name(node),
        title=text(parts["title"]),
        about=text(parts["about"]),
        world=world,
        when=when,
        expect=expect,
        waive=waive,
        until=record(parts["until"], Until, words) if "until" in parts else Until(),
    )


def _name(node: Node) -> str:
    stem = PurePath(node.name).stem
    if not NAME.fullmatch(stem):
        raise node.fail(f'"{stem}", the name of the file, has to be small letters, digits and single hyphens')
    return stem


def _items(parts: dict[str, Node], key: str) -> list[Node]:
    return sequence(parts[key]) if key in parts else []


# The world


def _world(node: Node, vocabulary: Vocabulary) -> WorldPlan:
    parts = mapping(node, ("servers", "requests", "accounts", "tasks", "dialect", "seed", "clock"))
    if "servers" not in parts or not parts["servers"].value:
        raise node.fail('"servers" is missing: name at least the one that the worker works for')
    servers = _servers(parts["servers"], vocabulary)
    requests = _plans(parts, "requests", CustomerRequestPlan, WorldPlan(servers).requests)
    accounts = _plans(parts, "accounts", AccountPlan, WorldPlan(servers).accounts)
    words = _words_of(vocabulary, WorldPlan(servers, requests=requests, accounts=accounts))
    tasks = tuple(task_group(each, words) for each in _items(parts, "tasks"))
    check_world(tasks, _items(parts, "tasks"))
    return WorldPlan(
        servers=servers,
        tasks=tasks,
        seed=whole_number(parts["seed"], least=0) if "seed" in parts else WorldPlan(servers).seed,
        requests=requests,
        accounts=accounts,
        dialect=parse_dialect(parts["dialect"]) if "dialect" in parts else Dialect(),
        clock=leaf(parts["clock"], ValueKind.TIME, words) if "clock" in parts else None,
    )


def _servers(node: Node, vocabulary: Vocabulary) -> tuple[ServerPlan, ...]:
    servers: list[ServerPlan] = []
    taken: set[str] = set()
    for each in sequence(node):
        server = record(each, ServerPlan, vocabulary.words(()))
        for word in filter(None, (server.name, server.key)):
            if word in taken:
                raise each.fail(f'"{word}" is taken already: each server needs a name and a key of its own')
            taken.add(word)
        servers.append(server)
    return tuple(servers)


def _plans(
    parts: dict[str, Node], key: str, shape: type[Plan], default: tuple[Plan, ...]
) -> tuple[Plan, ...]:
    if key not in parts:
        return default
    nodes = sequence(parts[key])
    if not nodes:
        raise parts[key].fail(f'"{key}" is empty: name at least one, or leave it out')
    plans = tuple(record(each, shape, Words({})) for each in nodes)
    names = [called(plan) for plan in plans]
    for place, (node, name) in enumerate(zip(nodes, names, strict=True)):
        if name in names[:place]:
            raise node.fail(f'"{name}" stands in the list twice: give each a name of its own')
    return plans


# Words


def _words_of(vocabulary: Vocabulary, world: WorldPlan) -> Words:
    words = vocabulary.words(map(called, world.servers))
    words = words.and_of(ValueKind.REQUEST, map(called, world.requests))
    return words.and_of(ValueKind.ACCOUNT, map(called, world.accounts))


def _all_words(vocabulary: Vocabulary, world: WorldPlan, whens: Sequence[Node]) -> Words:
    """The words of a world, and the names that its story gives: of groups of tasks, and of happenings."""
    groups = [*(task.group for task in world.tasks), *_groups_added(whens)]
    words = _words_of(vocabulary, world).and_of(ValueKind.GROUP, dict.fromkeys(filter(None, groups)))
    return words.and_of(ValueKind.HAPPENING, _texts(whens, "name"))


def _groups_added(whens: Iterable[Node]) -> list[str]:
    effects = [each for node in _members(whens, "do") if isinstance(node.value, list) for each in node.value]
    return _texts(_members(effects, AddTasks.kind), "group")


def _texts(nodes: Iterable[Node], key: str) -> list[str]:
    return [member.value.strip() for member in _members(nodes, key) if isinstance(member.value, str)]


def _members(nodes: Iterable[Node], key: str) -> list[Node]:
    return [node.value[key] for node in nodes if isinstance(node.value, dict) and key in node.value]


# The story


def _happening(node: Node, words: Words) -> Happening:
    given = mapping(node, ("name", *TRIGGERS, "do"))
    effects = tuple(_effect(each, words) for each in sequence(given["do"])) if "do" in given else ()
    if not effects:
        raise node.fail('"do" is missing: say what happens')
    name = text(given["name"]) if "name" in given else None
    return Happening(_trigger(node, given, words), effects, name)


def _trigger(node: Node, given: dict[str, Node], words: Words) -> Trigger:
    named = [key for key in TRIGGERS if key in given]
    if len(named) != 1:
        raise node.fail(f"say when it happens, with exactly one of {', '.join(TRIGGERS)}")
    return record(given[named[0]], TRIGGERS[named[0]], words)


def _effect(node: Node, words: Words) -> Effect:
    kind, details = _named(node, EFFECTS, "effect")
    return EFFECTS[kind].read(details, words)


# The rules


def _expectations(nodes: list[Node], words: Words) -> tuple[Expectation, ...]:
    expectations: list[Expectation] = []
    for node in nodes:
        rule, details = _named(node, RULES, "rule")
        if rule in (earlier.rule for earlier in expectations):
            raise node.fail(f'"{rule}" is expected already: say it once')
        expectations.append(Expectation(rule, parameters(details, RULES[rule], words)))
    return tuple(expectations)


def _waiver(node: Node) -> Waiver:
    rule, details = _named(node, RULES, "rule")
    if isinstance(details.value, str):
        return Waiver(rule, text(details))
    raise node.fail(f"say why {rule} does not hold here, as in `{rule}: because ...`")


def _named(node: Node, known: Iterable[str], what: str) -> tuple[str, Node]:
    """The name and the details of an item: `NAME: DETAILS`, or the name alone."""
    if not isinstance(node.value, dict):
        return chosen(node, known, what), Node({}, node.name, node.line, node.column)
    if len(node.value) != 1:
        raise node.fail(f"one {what} an item: begin each with a dash")
    ((name, details),) = node.value.items()
    return chosen(node.keys[name], known, what), details
