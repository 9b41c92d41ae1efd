"""Writes a scenario as YAML, as a person would write it. `loader.parse` reads it again."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from workerkit.openapi.formats.timestamp import time_text
from workerkit.openapi.languages.phrase import Phrase
from workerkit.scenarios.fields.record import record_json, short_json
from workerkit.scenarios.model.scenario import Expectation, Happening, Scenario
from workerkit.scenarios.model.trigger import trigger_name
from workerkit.scenarios.model.world_plan import WorldPlan
from workerkit.scenarios.rules import RULES

_WIDTH = 105
# Between two parts of the file there is an empty line.
_PART = re.compile(r"^(?=(?:world|when|expect|waive|until):)", re.MULTILINE)


class _Folded(str):
    """A text that is written in the style `>-`: wrapped, and without a line feed at its end."""


class _Item(dict[str, Any]):
    """A mapping that is written in block style: `- revoke-key: server-01`."""


class _Dumper(yaml.SafeDumper):
    """Writes lists of mappings in block style, with the mappings inside them in flow style."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Indents the items of a list below their key."""
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:
        """Scenario files have no aliases."""
        return True


_Dumper.add_representer(
    _Folded, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style=">")
)
_Dumper.add_representer(Phrase, lambda dumper, text: dumper.represent_str(str(text)))
_Dumper.add_representer(
    _Item,
    lambda dumper, item: dumper.represent_mapping("tag:yaml.org,2002:map", item, flow_style=False),
)


def scenario_text(scenario: Scenario) -> str:
    """Returns the text of the scenario's file."""
    return _PART.sub(
        "\n",
        yaml.dump(
            dict(_parts(scenario)),
            Dumper=_Dumper,
            sort_keys=False,
            allow_unicode=True,
            width=_WIDTH,
            default_flow_style=None,
        ),
    )


def world_text(world: WorldPlan) -> str:
    """Returns a world as YAML. `loader.parse_world` reads it again."""
    return yaml.dump(dict(_world(world)), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_WIDTH)


def _parts(scenario: Scenario) -> Iterator[tuple[str, Any]]:
    yield "title", scenario.title
    yield "about", _Folded(scenario.about)
    yield "world", dict(_world(scenario.world))
    if scenario.when:
        yield "when", [_happening(happening) for happening in scenario.when]
    if scenario.expect:
        yield "expect", [_expectation(expectation) for expectation in scenario.expect]
    if scenario.waive:
        yield "waive", [_Item({waiver.rule: waiver.why}) for waiver in scenario.waive]
    if until := record_json(scenario.until):
        yield "until", until


def _world(world: WorldPlan) -> Iterator[tuple[str, Any]]:
    default = WorldPlan(world.servers)
    if world.seed != default.seed:
        yield "seed", world.seed
    if world.clock is not None:
        yield "clock", time_text(world.clock)
    if world.dialect.choices:
        yield "dialect", dict(sorted(world.dialect.choices))
    yield "servers", list(map(short_json, world.servers))
    if world.requests != default.requests:
        yield "requests", list(map(short_json, world.requests))
    if world.accounts != default.accounts:
        yield "accounts", list(map(short_json, world.accounts))
    if world.tasks:
        yield "tasks", [group.as_json() for group in world.tasks]


def _happening(happening: Happening) -> dict[str, Any]:
    name = {} if happening.name is None else {"name": happening.name}
    trigger = {trigger_name(happening.trigger): short_json(happening.trigger)}
    effects = [_item(effect.kind, effect.as_short_json()) for effect in happening.effects]
    return {**name, **trigger, "do": effects}


def _expectation(expectation: Expectation) -> str | dict[str, Any]:
    return _item(expectation.rule, record_json(RULES[expectation.rule](**expectation.parameters)))


def _item(name: str, details: Any) -> str | dict[str, Any]:
    """Returns an item of a list: the name alone if there are no details."""
    return name if isinstance(details, Mapping) and not details else _Item({name: details})
