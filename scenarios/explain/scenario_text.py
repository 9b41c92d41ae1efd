"""Explains a scenario in lines of text: its world, what happens, when it ends, and its rules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from workerkit.openapi.formats.timestamp import time_text
from workerkit.openapi.languages.phrase import joined, phrase
from workerkit.scenarios.explain.sentences import display_value, end_sentence, trigger_sentence
from workerkit.scenarios.fields.record import short_json
from workerkit.scenarios.model.effects.effect import Effect
from workerkit.scenarios.model.scenario import Happening, Scenario
from workerkit.scenarios.model.trigger import Trigger, trigger_name
from workerkit.scenarios.model.world_plan import WorldPlan
from workerkit.scenarios.rules.judge import rules_of


def scenario_lines(scenario: Scenario) -> list[str]:
    """The explanation of a scenario. The first line has its name and title; long lines are not wrapped."""
    return [
        f"{scenario.name}: " + phrase(scenario.title),
        "",
        phrase(scenario.about),
        *_part(phrase("The world"), _world(scenario.world)),
        *_part(phrase("What happens"), _happenings(scenario.when)),
        *_part(phrase("The scenario ends when"), [end_sentence(scenario.until)]),
        *_part(phrase("The rules that this scenario is about"), _rules(scenario, is_expected=True)),
        *_part(phrase("Rules that apply in every scenario"), _rules(scenario, is_expected=False)),
        *_part(
            phrase("Rules that do not apply here"),
            (f"{waiver.rule}: " + phrase(waiver.why) for waiver in scenario.waive),
        ),
    ]


def trigger_text(trigger: Trigger) -> str:
    """A trigger as its file writes it, on one line: `call 4`, `after 1.2s`."""
    return f"{trigger_name(trigger)} {display_value(short_json(trigger))}"


def effect_text(effect: Effect) -> str:
    """An effect on one line: `revoke-key server: server-01`."""
    return f"{effect.kind} {display_value(effect.as_short_json())}".rstrip()


def _part(heading: str, lines: Iterable[str]) -> list[str]:
    indented = ["  " + line for line in lines]
    return ["", heading, *indented] if indented else []


def _world(world: WorldPlan) -> Iterator[str]:
    for server in world.servers:
        note = phrase(", the worker's server") if server is world.worker_server else ""
        yield joined("", (server.name, " (", server.status, note, ")"))
        for group in (task_group for task_group in world.tasks if task_group.server == server.name):
            details = {key: value for key, value in group.as_json().items() if key not in ("count", "server")}
            tail = f": {display_value(details)}" if details else ""
            yield "  " + phrase("{count} tasks", count=group.count) + tail
    for silence, value in world.dialect.choices:
        yield "dialect: " + phrase("{silence} is {value}", silence=silence, value=value)
    if world.clock is not None:
        yield phrase("the clock starts at {time}", time=time_text(world.clock))


def _happenings(when: Iterable[Happening]) -> Iterator[str]:
    for index, happening in enumerate(when):
        name = f" ({happening.name})" if happening.name else ""
        yield trigger_sentence(happening.trigger, is_first=index == 0) + name
        for effect in happening.effects:
            yield f"  {effect_text(effect)}"


def _rules(scenario: Scenario, *, is_expected: bool) -> Iterator[str]:
    """The rules of the scenario, only those that it expects or only the others.

    The rules that it expects are in its own order.
    """
    rules = {rule.id: rule for rule in rules_of(scenario)}
    expected = {expectation.rule: expectation.parameters for expectation in scenario.expect}
    for rule_id in expected if is_expected else [rule_id for rule_id in rules if rule_id not in expected]:
        rule, given = rules[rule_id], expected.get(rule_id)
        parameters = f" ({display_value(given)})" if given else ""
        yield f"{rule.id}{parameters}: " + rule.reason_and_advice()
