"""Scenarios made from capsules."""

from __future__ import annotations

import pytest

from tests.mockserver.capsules.file.test_reader import BEGAN, capsule, recorded
from workerkit.mockserver.capsules.file.capsule import Capsule, Ending, RecordedExchange
from workerkit.mockserver.capsules.file.to_scenario import scenario_source
from workerkit.openapi.formats.strict_json import render
from workerkit.scenarios.fields.call_span import Calls
from workerkit.scenarios.loading import loader
from workerkit.scenarios.model.effects.faults import AddFault
from workerkit.scenarios.model.effects.keys import RestoreKey, RevokeKey
from workerkit.scenarios.model.effects.respond import Respond
from workerkit.scenarios.model.scenario import Scenario
from workerkit.scenarios.model.trigger import After, OnCall

PAGE = render({"data": [{"id": "a", "status": "pending"}, {"id": "b", "status": "running"}]})


def scenario_of(from_capsule: Capsule) -> Scenario:
    return loader.parse(
        scenario_source(from_capsule, name="mine", file="bug.yaml").encode(), name="mine.yaml"
    )


def test_the_scenario_has_the_listed_tasks() -> None:
    tasks = scenario_of(capsule(recorded(answer_body=PAGE), recorded(answer_body=PAGE))).world.tasks
    assert [(task.count, task.fields["status"]) for task in tasks] == [(1, "pending"), (1, "running")]


def test_an_error_happens_at_the_recorded_call() -> None:
    failed = recorded(status=503, answer_body=b'{"success":false,"error":"x: \\"y\\""}')
    (happening,) = scenario_of(capsule(recorded(answer_body=PAGE), failed)).when
    (effect,) = happening.effects
    assert isinstance(effect, Respond)
    assert (effect.status, effect.body) == (503, {"success": False, "error": 'x: "y"'})


@pytest.mark.parametrize("ending", [ending for ending in Ending if ending is not Ending.WHOLE])
def test_an_incomplete_answer_becomes_a_fault(ending: Ending) -> None:
    (happening,) = scenario_of(capsule(recorded(ending=ending, status=None))).when
    (effect,) = happening.effects
    assert isinstance(effect, AddFault)


def with_key(status: int, at: float) -> RecordedExchange:
    headers = (("x-api-key", "key-1"),)
    return recorded(status=status, request_headers=headers, began=BEGAN + at, ended=BEGAN + at)


def test_a_key_that_is_refused_for_a_while_is_revoked_and_restored() -> None:
    answers = [(401, 0.0), (200, 1.0), (401, 2.0), (401, 2.5), (200, 3.5), (200, 4.0)]
    first, second = scenario_of(capsule(*(with_key(status, at) for status, at in answers))).when
    assert (first.trigger, first.effects) == (OnCall(Calls(3, 3), ("listTasks",)), (RevokeKey("server-01"),))
    assert (second.trigger, second.effects) == (After(1.5), (RestoreKey("server-01"),))


def test_a_key_that_stays_refused_is_revoked_and_the_worker_must_pause() -> None:
    answers = [(200, 0.0), (401, 1.0), (401, 2.0)]
    scenario = scenario_of(capsule(*(with_key(status, at) for status, at in answers)))
    assert [happening.effects for happening in scenario.when] == [(RevokeKey("server-01"),)]
    assert scenario.until.happening == "key-refused"
