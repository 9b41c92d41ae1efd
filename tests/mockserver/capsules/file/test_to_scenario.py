"""Scenarios made from capsules."""

from __future__ import annotations

from dataclasses import replace

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

UUID = "00000000-0000-4000-8000-000000000001"
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


def page_of(status: str, **fields: object) -> bytes:
    return render({"data": [{"id": UUID, "status": status, **fields}], "total": 1})


def request_to(operation: str, path: str, body: object, status: int = 200) -> RecordedExchange:
    method = "POST" if "callback" in path else "PUT"
    return recorded(
        operation=operation,
        method=method,
        path=f"/api/v1/worker/{path}",
        query="",
        request_headers=(("content-type", "application/json"),),
        request_body=render(body),
        status=status,
        answer_body=render({"success": status == 200, "results": [{"link_id": UUID, "success": True}]}),
    )


COMPLETE = request_to("updateTask", f"tasks/{UUID}", {"status": "completed"})
LISTS = recorded(query="status=completed", answer_body=render({"data": [], "total": 0}))


@pytest.mark.parametrize(
    ("update", "later", "operation"),
    [
        (COMPLETE, recorded(answer_body=page_of("pending")), "updateTask"),
        (COMPLETE, LISTS, "updateTask"),
        (
            request_to("bulkUpdateTasks", "tasks/bulk", {"items": [{"link_id": UUID, "status": "running"}]}),
            recorded(query="status=running", answer_body=render({"data": [], "total": 0})),
            "bulkUpdateTasks",
        ),
        (
            request_to("completeLink", "callback/link/complete", {"link_id": UUID}),
            recorded(query="status=running", answer_body=page_of("running")),
            "completeLink",
        ),
        (
            request_to("completeLink", "callback/link/complete", {"link_id": UUID, "link_post": "p"}),
            recorded(query="status=running", answer_body=page_of("running", link_post="p")),
            "completeLink",
        ),
        (
            request_to("updateLink", "callback/link/update", {"link_id": UUID, "link_post": "p"}),
            recorded(query="status=running", answer_body=page_of("running", link_post="")),
            "updateLink",
        ),
        (COMPLETE, recorded(answer_body=page_of("completed")), None),
        (
            request_to("updateTask", f"tasks/{UUID}", {"status": "failed"}),
            recorded(answer_body=page_of("pending")),
            None,
        ),
        (
            request_to("updateTask", f"tasks/{UUID}", {"status": "completed", "link_post": "p"}),
            recorded(answer_body=page_of("completed", link_post="")),
            None,
        ),
        (
            COMPLETE,
            recorded(query="status=completed&page=2", answer_body=render({"data": [], "total": 0})),
            None,
        ),
    ],
)
def test_a_lost_update_does_not_take_effect_in_the_scenario(
    update: RecordedExchange, later: RecordedExchange, operation: str | None
) -> None:
    """`operation` is None if the update was not lost, or not completely."""
    scenario = scenario_of(capsule(recorded(answer_body=page_of("pending")), update, later))
    effects = [effect for happening in scenario.when for effect in happening.effects]
    if operation is None:
        assert effects == []
        return
    (effect,) = effects
    assert isinstance(effect, AddFault)
    assert (effect.planned.fault.kind, effect.planned.schedule.operation) == ("unapplied", operation)
    assert scenario.until.happening == "went-wrong"
    assert not scenario.expect


def test_an_update_that_was_changed_again_is_not_lost() -> None:
    again = request_to("updateTask", f"tasks/{UUID}", {"status": "pending"})
    later = recorded(answer_body=page_of("pending"))
    assert not scenario_of(capsule(COMPLETE, again, later)).when


@pytest.mark.parametrize(
    ("status", "rule"),
    [
        (400, "not-repeated-after-400"),
        (403, "left-alone-after-403"),
        (404, "left-alone-after-404"),
        (429, "pause-on-429"),
        (503, "pause-on-5xx"),
    ],
)
def test_a_refused_update_is_refused_in_the_scenario_and_its_rule_expected(status: int, rule: str) -> None:
    refused = request_to("updateTask", f"tasks/{UUID}", {"status": "running"}, status)
    scenario = scenario_of(capsule(recorded(answer_body=PAGE), refused))
    (happening,) = scenario.when
    (effect,) = happening.effects
    assert isinstance(effect, Respond)
    assert effect.status == status
    assert rule in [expected.rule for expected in scenario.expect]


def test_a_wrong_request_is_the_fault_of_the_worker_and_left_out() -> None:
    wrong = request_to("updateTask", f"tasks/{UUID}", {"status": "done"}, 400)
    assert not scenario_of(capsule(recorded(answer_body=PAGE), wrong)).when


def test_a_rule_that_the_notes_name_as_broken_is_expected() -> None:
    notes = ("scenario x: y", "broken: done-once: task a was started again", "broken: no-such-rule: x")
    scenario = scenario_of(replace(capsule(recorded(answer_body=PAGE)), notes=notes))
    assert [expected.rule for expected in scenario.expect] == ["tasks-ended", "done-once"]
