"""How a world began, as JSON: after a restart of the mock, a reset builds the same world again."""

from __future__ import annotations

from typing import Any

from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.openapi.spec.dialect import dialect_of
from workerkit.scenarios.loading.loader import parse, parse_world
from workerkit.scenarios.loading.writer import scenario_text, world_text
from workerkit.scenarios.model.scenario import Scenario

Json = dict[str, Any]


def origin_of(builder: WorldBuilder) -> Json:
    """The options of a builder as JSON. `builder_of` reads them."""
    scenario, plan = builder.scenario, builder.plan
    return {
        "scenario": None if scenario is None else {"name": scenario.name, "text": _text(scenario)},
        "world": None if plan is None else world_text(plan),
        "seed": builder.seed,
        "dialect": dict(sorted(builder.dialect.choices)),
        "key_prefix": builder.key_prefix,
    }


def builder_of(origin: Json) -> WorldBuilder:
    """A builder with these options.

    Raises InvalidInputError or UnknownChoiceError if this version does not know a part of the options.
    """
    plan = origin["world"]
    return WorldBuilder(
        _scenario(origin["scenario"]),
        None if plan is None else parse_world(_bytes(plan), name="world"),
        origin["seed"],
        dialect_of(origin["dialect"]),
        key_prefix=origin["key_prefix"],
    )


def _text(scenario: Scenario) -> str:
    return scenario.source or scenario_text(scenario)


def _scenario(scenario: Json | None) -> Scenario | None:
    if scenario is None:
        return None
    return parse(_bytes(scenario["text"]), name=f"{scenario['name']}.yaml")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
