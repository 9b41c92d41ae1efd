"""Scenarios made from capsules."""

from __future__ import annotations

import pytest

from tests.scenarios.test_capsule_file import capsule, recorded
from workerkit.openapi.jsontext import render
from workerkit.scenarios import loader
from workerkit.scenarios.capsule import Capsule, Ending
from workerkit.scenarios.capsule_story import scenario_text
from workerkit.scenarios.effects import AddFault, Respond
from workerkit.scenarios.scenario import Scenario

PAGE = render({"data": [{"id": "a", "status": "pending"}, {"id": "b", "status": "running"}]})


def scenario_of(one: Capsule) -> Scenario:
    return loader.parse(scenario_text(one, name="mine", file="bug.yaml").encode(), name="mine.yaml")


def test_the_tasks_are_those_that_were_seen() -> None:
    one = capsule(recorded(answer_body=PAGE), recorded(answer_body=PAGE))
    tasks = scenario_of(one).world.tasks
    assert [(each.count, each.fields["status"]) for each in tasks] == [(1, "pending"), (1, "running")]


def test_an_error_comes_at_its_call() -> None:
    failed = recorded(status=503, answer_body=b'{"success":false,"error":"x: \\"y\\""}')
    (happening,) = scenario_of(capsule(recorded(answer_body=PAGE), failed)).when
    (effect,) = happening.effects
    assert isinstance(effect, Respond)
    assert (effect.status, effect.body) == (503, {"success": False, "error": 'x: "y"'})


@pytest.mark.parametrize("ending", [each for each in Ending if each is not Ending.WHOLE])
def test_an_answer_that_did_not_come_is_a_fault(ending: Ending) -> None:
    (happening,) = scenario_of(capsule(recorded(ending=ending, status=None))).when
    (effect,) = happening.effects
    assert isinstance(effect, AddFault)
