"""Sound servers that choose otherwise than the mock where the page is silent: none of them is blamed."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest

from workerkit.contracts.conformance import conform
from workerkit.contracts.page.lenient_spec import strict
from workerkit.contracts.page.rules import RuleStatus
from workerkit.contracts.report.report import Report
from workerkit.contracts.target.plan import Plan
from workerkit.contracts.target.target import Target
from workerkit.mockserver.world.operations import HANDLERS
from workerkit.mockserver.world.refusal import InvalidRequestError
from workerkit.openapi.spec.api import Api
from workerkit.openapi.spec.document import Document

MakeTarget = Callable[..., Target]
Json = dict[str, Any]
SHORT = Plan(max_requests=1000)


def findings(report: Report) -> list[tuple[str, str]]:
    return [(each.id, each.why) for each in report.of(RuleStatus.BROKEN)]


def strictest() -> Api:
    """Refuses what may be refused: unnamed fields, empty changes, partial heartbeats, odd statuses."""
    root = deepcopy(strict().root)
    schemas = root["components"]["schemas"]
    for name in ("Heartbeat", "LogBatch", "LogEntry", "BulkUpdate", "LinkUpdate", "LinkCompletion"):
        schemas[name]["additionalProperties"] = False
    schemas["BulkItem"]["unevaluatedProperties"] = False
    schemas["Heartbeat"]["required"] = list(schemas["Heartbeat"]["properties"])
    schemas["Heartbeat"]["properties"]["cpu_usage"].update(minimum=0, maximum=100)
    schemas["TaskUpdate"]["minProperties"] = 1
    schemas["LinkUpdate"]["minProperties"] = 2
    schemas["RequestStatus"]["properties"]["status"]["enum"] = ["pending", "completed"]
    schemas["AccountStatus"]["properties"]["status"]["enum"] = ["active", "banned"]
    return Api(Document(root))


def loosest() -> Api:
    """Takes what may be taken: empty batches, nulls, unknown filters, any level's case."""
    root = deepcopy(strict().root)
    schemas = root["components"]["schemas"]
    schemas["BulkUpdate"]["properties"]["items"].pop("minItems")
    schemas["LogBatch"]["properties"]["logs"].pop("minItems")
    schemas["LogLevel"]["enum"] += ["info", "warn", "error", "debug"]
    for name in ("Heartbeat", "TaskUpdate", "LinkUpdate", "LinkCompletion"):
        required = schemas[name].get("required", [])
        for field, schema in schemas[name]["properties"].items():
            if field not in required:
                schemas[name]["properties"][field] = {"anyOf": [schema, {"type": "null"}]}
    page, limit, after, status, _ = root["paths"]["/tasks"]["get"]["parameters"]
    page["schema"] = {"type": "integer", "default": 1}
    limit["schema"] = {"type": "integer", "default": 100}
    after["schema"] = {"type": "string"}
    status["schema"]["items"] = {"type": "string"}
    return Api(Document(root))


def clamped(sound: Callable[..., Json]) -> Callable[..., Json]:
    def act(world: Any, server: Any, call: Any) -> Json:
        asked = dict(call.parameters)
        asked["limit"] = min(asked["limit"], 1000) if asked["limit"] > 0 else 100
        asked["page"] = asked["page"] if asked["page"] > 0 else 1
        if (asked["page"] - 1) * asked["limit"] > 10**6:
            asked["page"] = 10**3
        answer = sound(world, server, replace(call, parameters=asked))
        return {**answer, "page": call.parameters["page"] if call.parameters["page"] > 0 else 1}

    return act


def other_answers(sound: Callable[..., Json]) -> Callable[..., Json]:
    def act(*call: Any) -> Json:
        answer = sound(*call)
        answer["data"] = [
            {**task, "created_at": task["created_at"].replace("Z", ".000Z")} for task in answer["data"]
        ]
        if answer["next_cursor"] is None:
            del answer["next_cursor"]
        return answer

    return act


def flat_codes(sound: Callable[..., Json]) -> Callable[..., Json]:
    def act(*call: Any) -> Json:
        answer = sound(*call)
        for result in answer["results"]:
            if isinstance(result.get("error"), dict):
                result["error"] = result["error"]["code"]
        return answer

    return act


@pytest.mark.parametrize("seed", [1, 2])
def test_a_server_that_refuses_what_it_may_is_not_blamed(mock_target: MakeTarget, seed: int) -> None:
    assert findings(conform(mock_target(strictest()), replace(SHORT, seed=seed))) == []


@pytest.mark.parametrize("seed", [1, 2])
def test_a_server_that_takes_what_it_may_is_not_blamed(
    mock_target: MakeTarget, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setitem(HANDLERS, "listTasks", clamped(HANDLERS["listTasks"]))
    report = conform(mock_target(loosest()), replace(SHORT, seed=seed))
    assert findings(report) == []
    seen = dict(report.silences)
    assert (seen["limit-above-maximum"], seen["below-minimum"]) == ("clamp", "default")
    assert seen["unknown-status-filter"] == "empty"


FLOW = {
    ("pending", "queued"),
    ("queued", "running"),
    *(("running", each) for each in ("completed", "failed", "canceled")),
    ("failed", "pending"),
}


def by_the_flow(sound: Callable[..., Json], place: str) -> Callable[..., Json]:
    def act(world: Any, server: Any, call: Any) -> Json:
        task = world.own_task(server, call.parameters["id"] if place == "path" else call.body["link_id"])
        status = call.body.get("status", task.status)
        if status != task.status and (task.status, status) not in FLOW:
            raise InvalidRequestError(f"{task.status} is not followed by {status}")
        return sound(world, server, call)

    return act


def test_a_server_that_is_strict_about_the_flow_is_not_blamed(
    mock_target: MakeTarget, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(HANDLERS, "updateTask", by_the_flow(HANDLERS["updateTask"], "path"))
    monkeypatch.setitem(HANDLERS, "updateLink", by_the_flow(HANDLERS["updateLink"], "body"))
    assert findings(conform(mock_target(), SHORT)) == []


def test_a_server_with_other_bodies_is_not_blamed(
    mock_target: MakeTarget, monkeypatch: pytest.MonkeyPatch
) -> None:
    sound_code = Api.error_code
    nested = lambda self, status: {"code": sound_code(self, status), "message": "no"}  # noqa: E731
    monkeypatch.setattr(Api, "error_code", nested)
    monkeypatch.setitem(HANDLERS, "listTasks", other_answers(HANDLERS["listTasks"]))
    monkeypatch.setitem(HANDLERS, "bulkUpdateTasks", flat_codes(HANDLERS["bulkUpdateTasks"]))
    for operation in ("updateLink", "completeLink", "setRequestStatus", "setAccountStatus"):
        sound = HANDLERS[operation]
        monkeypatch.setitem(
            HANDLERS, operation, lambda *call, sound=sound: {"success": sound(*call)["success"]}
        )
    report = conform(mock_target(), SHORT)
    assert findings(report) == []
    seen = dict(report.silences)
    assert (seen["error-body"], seen["last-cursor"]) == ("nested", "absent")
    assert (seen["callback-body"], seen["time-precision"]) == ("success-only", "milliseconds")
