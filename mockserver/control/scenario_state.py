"""Tells what has happened in the scenario of a world, what is still to come, and the state of each rule."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from workerkit.mockserver.world.world_mask import mask_of
from workerkit.mockserver.worlds.director import Director
from workerkit.mockserver.worlds.run_builder import build_run
from workerkit.openapi.formats.timestamp import time_text
from workerkit.scenarios.explain.scenario_text import effect_text
from workerkit.scenarios.explain.sentences import end_sentence, trigger_sentence
from workerkit.scenarios.model.scenario import Scenario
from workerkit.scenarios.rules.judge import judge, masked, rules_of

Json = dict[str, Any]


def scenario_state(director: Director, scenario: Scenario) -> Json:
    """Returns the scenario and its state as JSON for the control plane, without secrets.

    A rule is `broken` if the worker cannot keep it any more, `open` if it is broken now and the worker can
    still keep it, `not judged` if the run had no occasion to break it, and otherwise `kept`. After the end
    of the scenario no rule is open.
    """
    is_over = director.is_over()
    mask = mask_of(director.world)
    return {
        "scenario": scenario.name,
        "title": mask.text(scenario.title),
        "about": mask.text(scenario.about),
        "ends_when": mask.text(end_sentence(scenario.until)),
        "is_over": is_over,
        "happenings": mask.value(list(_happenings(director, scenario))),
        "rules": list(_rules(director, scenario, is_over=is_over)),
    }


def _happenings(director: Director, scenario: Scenario) -> Iterator[Json]:
    happened = director.tracker.state.happened
    for index, happening in enumerate(scenario.when):
        yield {
            "when": trigger_sentence(happening.trigger, is_first=index == 0),
            "name": happening.name,
            "effects": [effect_text(effect) for effect in happening.effects],
            "happened_at": time_text(happened[index]) if index in happened else None,
        }


def _rules(director: Director, scenario: Scenario, *, is_over: bool) -> Iterator[Json]:
    mask = mask_of(director.world)
    verdict = masked(judge(build_run(director, "until", None)), mask)
    for_good = verdict if is_over else judge(build_run(director, "failed", None))
    lost = {violation.rule for violation in for_good.broken}
    broken = {violation.rule: violation for violation in verdict.broken}
    unjudged = {rule.rule: rule.why for rule in verdict.not_judged}
    for rule in rules_of(scenario):
        violation = broken.get(rule.id)
        if violation is not None:
            state, message = "broken" if rule.id in lost else "open", violation.message
        else:
            state, message = "not judged" if rule.id in unjudged else "kept", unjudged.get(rule.id, "")
        yield {
            "rule": rule.id,
            "state": state,
            "message": mask.text(message),
            "why": rule.why,
            "exchanges": list(violation.exchanges) if violation is not None else [],
        }
