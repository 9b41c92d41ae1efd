"""Correct servers that differ from the mock where the API page is silent. They break no rule."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest

from tests.sampling import sampled
from workerkit.contracts.conformance import conform
from workerkit.contracts.page.lenient_spec import strict_spec
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
    return [(rule.id, rule.why) for rule in report.with_status(RuleStatus.BROKEN)]


def strictest() -> Api:
    """A spec that refuses as much as the API page allows.

    It refuses unnamed fields, empty changes, incomplete heartbeats and unusual statuses.
    """
    root = deepcopy(strict_spec().root)
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
    """A spec that accepts as much as the API page allows.

    It accepts empty batches, null, unknown filters, and levels in lower case.
    """
    root = deepcopy(strict_spec().root)
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


def clamped(handler: Callable[..., Json]) -> Callable[..., Json]:
    def handle(world: Any, server: Any, call: Any) -> Json:
        parameters = dict(call.parameters)
        parameters["limit"] = min(parameters["limit"], 1000) if parameters["limit"] > 0 else 100
        parameters["page"] = parameters["page"] if parameters["page"] > 0 else 1
        if (parameters["page"] - 1) * parameters["limit"] > 10**6:
            parameters["page"] = 10**3
        answer = handler(world, server, replace(call, parameters=parameters))
        return {**answer, "page": call.parameters["page"] if call.parameters["page"] > 0 else 1}

    return handle


def other_answers(handler: Callable[..., Json]) -> Callable[..., Json]:
    def handle(*call: Any) -> Json:
        answer = handler(*call)
        answer["data"] = [
            {**task, "created_at": task["created_at"].replace("Z", ".000Z")} for task in answer["data"]
        ]
        if answer["next_cursor"] is None:
            del answer["next_cursor"]
        return answer

    return handle


def flat_codes(handler: Callable[..., Json]) -> Callable[..., Json]:
    def handle(*call: Any) -> Json:
        answer = handler(*call)
        for result in answer["results"]:
            if isinstance(result.get("error"), dict):
                result["error"] = result["error"]["code"]
        return answer

    return handle


@pytest.mark.parametrize("seed", sampled([1, 2], every=2))
def test_a_server_that_refuses_as_much_as_it_may_breaks_no_rule(mock_target: MakeTarget, seed: int) -> None:
    assert findings(conform(mock_target(strictest()), replace(SHORT, seed=seed))) == []


@pytest.mark.long
@pytest.mark.parametrize("seed", sampled([1, 2], every=2))
def test_a_server_that_accepts_as_much_as_it_may_breaks_no_rule(
    mock_target: MakeTarget, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setitem(HANDLERS, "listTasks", clamped(HANDLERS["listTasks"]))
    report = conform(mock_target(loosest()), replace(SHORT, seed=seed))
    assert findings(report) == []
    values = dict(report.observed_values)
    assert (values["limit-above-maximum"], values["below-minimum"]) == ("clamp", "default")
    assert values["unknown-status-filter"] == "empty"


FLOW = {
    ("pending", "queued"),
    ("queued", "running"),
    *(("running", status) for status in ("completed", "failed", "canceled")),
    ("failed", "pending"),
}


def with_strict_flow(handler: Callable[..., Json], place: str) -> Callable[..., Json]:
    def handle(world: Any, server: Any, call: Any) -> Json:
        task = world.own_task(server, call.parameters["id"] if place == "path" else call.body["link_id"])
        status = call.body.get("status", task.status)
        if status != task.status and (task.status, status) not in FLOW:
            raise InvalidRequestError(f"{task.status} may not become {status}")
        return handler(world, server, call)

    return handle


@pytest.mark.long
def test_a_server_with_a_strict_status_flow_breaks_no_rule(
    mock_target: MakeTarget, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(HANDLERS, "updateTask", with_strict_flow(HANDLERS["updateTask"], "path"))
    monkeypatch.setitem(HANDLERS, "updateLink", with_strict_flow(HANDLERS["updateLink"], "body"))
    assert findings(conform(mock_target(), SHORT)) == []


@pytest.mark.long
def test_a_server_with_other_bodies_breaks_no_rule(
    mock_target: MakeTarget, monkeypatch: pytest.MonkeyPatch
) -> None:
    error_code = Api.error_code
    nested = lambda self, status: {"code": error_code(self, status), "message": "no"}  # noqa: E731
    monkeypatch.setattr(Api, "error_code", nested)
    monkeypatch.setitem(HANDLERS, "listTasks", other_answers(HANDLERS["listTasks"]))
    monkeypatch.setitem(HANDLERS, "bulkUpdateTasks", flat_codes(HANDLERS["bulkUpdateTasks"]))
    for operation in ("updateLink", "completeLink", "setRequestStatus", "setAccountStatus"):
        handler = HANDLERS[operation]
        monkeypatch.setitem(
            HANDLERS, operation, lambda *call, handler=handler: {"success": handler(*call)["success"]}
        )
    report = conform(mock_target(), SHORT)
    assert findings(report) == []
    values = dict(report.observed_values)
    assert (values["error-body"], values["last-cursor"]) == ("nested", "absent")
    assert (values["callback-body"], values["time-precision"]) == ("success-only", "milliseconds")
