"""Reads scenarios from YAML. An error names the file, the line and the column."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path, PurePath
from typing import TypeVar

from workerkit.openapi.formats import yaml_nodes
from workerkit.openapi.formats.yaml_nodes import Node
from workerkit.openapi.spec.dialect import Dialect, parse_dialect
from workerkit.scenarios.fields.allowed_words import AllowedWords
from workerkit.scenarios.fields.kinds import ValueKind
from workerkit.scenarios.fields.record import read_fields, read_record
from workerkit.scenarios.fields.value import read_value
from workerkit.scenarios.fields.vocabulary import Vocabulary, api_vocabulary
from workerkit.scenarios.fields.yaml_checks import (
    read_list,
    read_mapping,
    read_text,
    read_whole_number,
    read_word,
)
from workerkit.scenarios.loading.consistency import (
    check_end,
    check_happenings,
    check_task_ids,
    check_waivers,
)
from workerkit.scenarios.model.effects import EFFECTS
from workerkit.scenarios.model.effects.effect import Effect
from workerkit.scenarios.model.effects.tasks import AddTasks
from workerkit.scenarios.model.scenario import Expectation, Happening, Scenario, Waiver
from workerkit.scenarios.model.task_group import read_task_group
from workerkit.scenarios.model.trigger import TRIGGERS, Trigger
from workerkit.scenarios.model.until import Until
from workerkit.scenarios.model.world_plan import (
    AccountPlan,
    CustomerRequestPlan,
    ServerPlan,
    WorldPlan,
    plan_name,
)
from workerkit.scenarios.rules import RULES

SCENARIO_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
REQUIRED_KEYS = ("title", "about", "world")
Plan = TypeVar("Plan", CustomerRequestPlan, AccountPlan)


def read(path: Path, vocabulary: Vocabulary | None = None) -> Scenario:
    """Reads a scenario from a file. Raises InvalidInputError, and OSError if the file cannot be read."""
    return parse(path.read_bytes(), name=str(path), vocabulary=vocabulary)


def parse(source: bytes, *, name: str, vocabulary: Vocabulary | None = None) -> Scenario:
    """Reads a scenario from YAML in UTF-8. Raises InvalidInputError.

    name: the path of the file. The scenario gets this name without folder and ending.
    vocabulary: without it, the vocabulary of the OpenAPI document that comes with the kit.
    """
    scenario = _scenario(_load(source, name), vocabulary or api_vocabulary())
    return replace(scenario, source=source.decode("utf-8"))


def parse_world(source: bytes, *, name: str) -> WorldPlan:
    """Reads a world from YAML or JSON in UTF-8, written as in a scenario. Raises InvalidInputError."""
    return _world(_load(source, name), api_vocabulary())


def _load(source: bytes, name: str) -> Node:
    try:
        return yaml_nodes.load(source.decode("utf-8"), name=name)
    except UnicodeDecodeError as error:
        raise yaml_nodes.InvalidInputError(f"{name}:1:1: the file is not UTF-8: {error.reason}") from None


def _scenario(node: Node, vocabulary: Vocabulary) -> Scenario:
    parts = read_mapping(node, (*REQUIRED_KEYS, "when", "expect", "waive", "until"))
    for key in REQUIRED_KEYS:
        if key not in parts:
            raise node.fail(f'"{key}" is missing')
    world = _world(parts["world"], vocabulary)
    nodes = _items(parts, "when")
    words = _all_words(vocabulary, world, nodes)
    when = tuple(_happening(happening, words) for happening in nodes)
    check_happenings(world, when, nodes, vocabulary)
    expect = _expectations(_items(parts, "expect"), words)
    waive = tuple(_waiver(waiver) for waiver in _items(parts, "waive"))
    check_waivers(waive, _items(parts, "waive"), expect)
    until = read_record(parts["until"], Until, words) if "until" in parts else Until()
    check_end(until, parts.get("until", node), expect)
    return Scenario(
        name=_name(node),
        title=read_text(parts["title"]),
        about=read_text(parts["about"]),
        world=world,
        when=when,
        expect=expect,
        waive=waive,
        until=until,
    )


def _name(node: Node) -> str:
    stem = PurePath(node.name).stem
    if not SCENARIO_NAME.fullmatch(stem):
        raise node.fail(
            f'"{stem}" cannot be the name of a scenario file: use small letters, digits and single hyphens'
        )
    return stem


def _items(parts: dict[str, Node], key: str) -> list[Node]:
    return read_list(parts[key]) if key in parts else []


# The world


def _world(node: Node, vocabulary: Vocabulary) -> WorldPlan:
    parts = read_mapping(node, ("servers", "requests", "accounts", "tasks", "dialect", "seed", "clock"))
    if "servers" not in parts or not parts["servers"].value:
        raise node.fail('"servers" is missing or empty: name at least the server that the worker works for')
    servers = _servers(parts["servers"], vocabulary)
    requests = _plans(parts, "requests", CustomerRequestPlan, WorldPlan(servers).requests)
    accounts = _plans(parts, "accounts", AccountPlan, WorldPlan(servers).accounts)
    words = _world_words(vocabulary, WorldPlan(servers, requests=requests, accounts=accounts))
    tasks = tuple(read_task_group(group, words) for group in _items(parts, "tasks"))
    check_task_ids(tasks, _items(parts, "tasks"))
    return WorldPlan(
        servers=servers,
        tasks=tasks,
        seed=read_whole_number(parts["seed"], minimum=0) if "seed" in parts else WorldPlan(servers).seed,
        requests=requests,
        accounts=accounts,
        dialect=parse_dialect(parts["dialect"]) if "dialect" in parts else Dialect(),
        clock=read_value(parts["clock"], ValueKind.TIME, words) if "clock" in parts else None,
    )


def _servers(node: Node, vocabulary: Vocabulary) -> tuple[ServerPlan, ...]:
    servers: list[ServerPlan] = []
    taken: set[str] = set()
    for item in read_list(node):
        server = read_record(item, ServerPlan, vocabulary.allowed_words(()))
        for word in filter(None, (server.name, server.key)):
            if word in taken:
                raise item.fail(f'"{word}" is used already: give each server its own name and its own key')
            taken.add(word)
        servers.append(server)
    return tuple(servers)


def _plans(
    parts: dict[str, Node], key: str, shape: type[Plan], default: tuple[Plan, ...]
) -> tuple[Plan, ...]:
    if key not in parts:
        return default
    nodes = read_list(parts[key])
    if not nodes:
        raise parts[key].fail(f'"{key}" is empty: name at least one, or leave it out')
    plans = tuple(read_record(node, shape, AllowedWords({})) for node in nodes)
    names = [plan_name(plan) for plan in plans]
    for index, (node, name) in enumerate(zip(nodes, names, strict=True)):
        if name in names[:index]:
            raise node.fail(f'"{name}" is in the list twice: give each its own name')
    return plans


# Names that other parts of the file use


def _world_words(vocabulary: Vocabulary, world: WorldPlan) -> AllowedWords:
    words = vocabulary.allowed_words(map(plan_name, world.servers))
    words = words.with_words(ValueKind.REQUEST, map(plan_name, world.requests))
    return words.with_words(ValueKind.ACCOUNT, map(plan_name, world.accounts))


def _all_words(vocabulary: Vocabulary, world: WorldPlan, nodes: Sequence[Node]) -> AllowedWords:
    """The words of a world, and the names of its task groups and happenings."""
    groups = [*(task_group.group for task_group in world.tasks), *_added_groups(nodes)]
    words = _world_words(vocabulary, world).with_words(ValueKind.GROUP, dict.fromkeys(filter(None, groups)))
    return words.with_words(ValueKind.HAPPENING, _texts(nodes, "name"))


def _added_groups(nodes: Iterable[Node]) -> list[str]:
    lists = [node.value for node in _members(nodes, "do") if isinstance(node.value, list)]
    effects = [effect for effects in lists for effect in effects]
    return _texts(_members(effects, AddTasks.kind), "group")


def _texts(nodes: Iterable[Node], key: str) -> list[str]:
    return [member.value.strip() for member in _members(nodes, key) if isinstance(member.value, str)]


def _members(nodes: Iterable[Node], key: str) -> list[Node]:
    return [node.value[key] for node in nodes if isinstance(node.value, dict) and key in node.value]


# What happens


def _happening(node: Node, words: AllowedWords) -> Happening:
    given = read_mapping(node, ("name", *TRIGGERS, "do"))
    effects = tuple(_effect(effect, words) for effect in read_list(given["do"])) if "do" in given else ()
    if not effects:
        raise node.fail('"do" is missing or empty: name at least one effect')
    name = read_text(given["name"]) if "name" in given else None
    return Happening(_trigger(node, given, words), effects, name)


def _trigger(node: Node, given: dict[str, Node], words: AllowedWords) -> Trigger:
    triggers = [key for key in TRIGGERS if key in given]
    if len(triggers) != 1:
        raise node.fail(f"a happening needs exactly one trigger: {', '.join(TRIGGERS)}")
    return read_record(given[triggers[0]], TRIGGERS[triggers[0]], words)


def _effect(node: Node, words: AllowedWords) -> Effect:
    kind, details = _name_and_details(node, EFFECTS, "effect")
    return EFFECTS[kind].from_yaml(details, words)


# The rules


def _expectations(nodes: list[Node], words: AllowedWords) -> tuple[Expectation, ...]:
    expectations: list[Expectation] = []
    for node in nodes:
        rule, details = _name_and_details(node, RULES, "rule")
        if rule in (earlier.rule for earlier in expectations):
            raise node.fail(f'"{rule}" is expected twice: keep one')
        expectations.append(Expectation(rule, read_fields(details, RULES[rule], words)))
    return tuple(expectations)


def _waiver(node: Node) -> Waiver:
    rule, details = _name_and_details(node, RULES, "rule")
    if isinstance(details.value, str):
        return Waiver(rule, read_text(details))
    raise node.fail(f"write why {rule} does not apply here: `{rule}: because ...`")


def _name_and_details(node: Node, known: Iterable[str], noun: str) -> tuple[str, Node]:
    """The name and the details of an item: `NAME: DETAILS`, or NAME alone without details."""
    if not isinstance(node.value, dict):
        return read_word(node, known, noun), Node({}, node.name, node.line, node.column)
    if len(node.value) != 1:
        raise node.fail(f"each item of this list is one {noun}: begin each with a dash")
    ((name, details),) = node.value.items()
    return read_word(node.keys[name], known, noun), details
