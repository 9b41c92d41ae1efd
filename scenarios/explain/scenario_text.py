"""A scenario in lines for people: what the world holds, what happens when, what is expected, until when."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from workerkit.openapi.formats.timestamp import written as written_time
from workerkit.scenarios.explain.moment_text import display, end, moment
from workerkit.scenarios.fields.record import briefly, may_stand_alone
from workerkit.scenarios.model.effects import Effect
from workerkit.scenarios.model.scenario import Happening, Scenario
from workerkit.scenarios.model.trigger import TRIGGERS, Trigger
from workerkit.scenarios.model.world_plan import WorldPlan
from workerkit.scenarios.rules.judge import rules_of

_NAMES = {trigger: name for name, trigger in TRIGGERS.items()}


def scenario_lines(scenario: Scenario) -> list[str]:
    """The whole scenario, beginning with its name, in lines that are not wrapped."""
    return [
        f"{scenario.name}: {scenario.title}",
        "",
        scenario.about,
        *_part("The world", _world(scenario.world)),
        *_part("What happens", _happenings(scenario.when)),
        *_part("It is over when", [end(scenario.until)]),
        *_part("The rules", _rules(scenario)),
        *_part("Waived here", (f"{each.rule}: {each.why}" for each in scenario.waive)),
    ]


def trigger_text(trigger: Trigger) -> str:
    """When something happens, as the file says it: `call 4`, `after 1.2s`."""
    return f"{_NAMES[type(trigger)]} {display(briefly(trigger))}"


def _part(heading: str, lines: Iterable[str]) -> list[str]:
    found = [f"  {line}" for line in lines]
    return ["", heading, *found] if found else []


def _world(world: WorldPlan) -> Iterator[str]:
    for server in world.servers:
        whose = ", the worker's own" if server is world.worker else ""
        yield f"{server.name} ({server.status}{whose})"
        for group in (task for task in world.tasks if task.server == server.name):
            details = {
                name: each for name, each in group.written().items() if name not in ("count", "server")
            }
            yield f"  {group.count} tasks: {display(details)}" if details else f"  {group.count} tasks"
    for silence, value in world.dialect.choices:
        yield f"dialect: {silence} is {value}"
    if world.clock is not None:
        yield f"it begins at {written_time(world.clock)}"


def _happenings(when: Iterable[Happening]) -> Iterator[str]:
    for place, happening in enumerate(when):
        name = f" ({happening.name})" if happening.name else ""
        yield f"{moment(happening.trigger, is_first=place == 0)}{name}"
        for effect in happening.effects:
            yield f"  {_effect(effect)}"


def _rules(scenario: Scenario) -> Iterator[str]:
    tuned = {each.rule: each.parameters for each in scenario.expect}
    for rule in rules_of(scenario):
        given = tuned.get(rule.id)
        parameters = f" ({display(given)})" if given else ""
        yield f"{rule.id}{parameters}: {rule.why} A careful worker {rule.careful}."


def _effect(effect: Effect) -> str:
    details = effect.written()
    if len(details) == 1 and may_stand_alone(type(effect)):
        details = next(iter(details.values()))
    return f"{effect.kind} {display(details)}".rstrip()
