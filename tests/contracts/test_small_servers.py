"""Small servers of other stacks: the correct ones break no rule, and a careless one still does."""

from __future__ import annotations

import json
import re
from ipaddress import ip_address
from typing import Any

import pytest

from tests.contracts.small_server import PARAMETERS, RefusedError, SmallServer, serving
from workerkit.contracts.conformance import conform
from workerkit.contracts.page.rules import RuleStatus
from workerkit.contracts.report.report import Report
from workerkit.contracts.report.text import report_text
from workerkit.contracts.target.plan import Plan, Writes

Json = dict[str, Any]


def run(server: SmallServer, **limits: Any) -> Report:
    with serving(server) as target:
        return conform(target, Plan(**limits), with_capsules=True)


def findings(report: Report) -> list[tuple[str, str]]:
    return [(rule.id, rule.why) for rule in report.with_status(RuleStatus.BROKEN)]


class Strict(SmallServer):
    """Strict decoders, checks of formats, numbers as JavaScript writes them, and ids in capitals."""

    def id_text(self, number: int) -> str:
        return super().id_text(number).upper()

    def time_text(self, second: int) -> str:
        return f"2025-12-01T10:00:{second:02}.{second * 7:06}Z"

    def typed(self, kind: type, value: Any) -> Any:
        if kind is int and type(value) is not int:
            raise RefusedError(400, "bad_request")
        return super().typed(kind, value)

    def fields(self, kinds: Json, body: Any) -> Json:
        found = super().fields(kinds, body)
        try:
            ip_address(found.get("ip", "127.0.0.1"))
        except ValueError:
            raise RefusedError(400, "bad_request") from None
        return found

    def check_link(self, link: str) -> None:
        if re.fullmatch(r"https?://\S+", link) is None:
            raise RefusedError(400, "bad_request")

    def check_parameters(self, query: Json) -> None:
        if not set(query) <= PARAMETERS:
            raise RefusedError(400, "bad_request")

    def echo_page(self, page: int) -> Any:
        return page if page < 2**53 else int(float(page))

    def listed(self, task: Json) -> Json:
        return {name: None if value == "" else value for name, value in super().listed(task).items()}

    def callback_answer(self, name: str, entity_id: str) -> Json:
        return {"success": True, "message": "done", "data": {"id": entity_id}}


class Loose(SmallServer):
    """Converts near types, reads a missing body as {}, ignores text/plain, and hands out what it lists."""

    def time_text(self, second: int) -> str:
        return f"2025-12-01T17:00:{second:02}+07:00"

    def body_of(self, body: bytes, content_type: str) -> Any:
        is_read = body and content_type.startswith("application/json")
        return super().body_of(body, content_type) if is_read else {}

    def typed(self, kind: type, value: Any) -> Any:
        if isinstance(value, dict | list | None):
            raise RefusedError(400, "bad_request")
        if kind is str:
            return value if isinstance(value, str) else json.dumps(value)
        if kind is bool and value in ("true", "false", 0, 1):
            return value in ("true", 1)
        try:
            return super().typed(kind, float(value) if kind is not bool else value)
        except ValueError:
            raise RefusedError(400, "bad_request") from None

    def listed(self, task: Json) -> Json:
        if task["status"] == "pending":
            task["status"] = "queued"
        return super().listed(task)

    def callback_answer(self, name: str, entity_id: str) -> Json:
        return {"success": True, "data": {"updated": True}}


@pytest.mark.long
def test_a_strict_server_breaks_no_rule() -> None:
    report = run(Strict(), max_requests=900)
    assert findings(report) == []
    assert report.no_episodes_reason == ""
    values = dict(report.observed_values)
    assert (values["integer-spelling"], values["link-format"]) == ("digits", "url")
    assert (values["unknown-parameter"], values["null-in-task"]) == ("reject", "any")
    assert (values["time-precision"], values["list-order"]) == ("microseconds", "oldest-first")
    assert (values["callback-body"], values["listing"]) == (None, "reads")


@pytest.mark.long
def test_a_loose_server_breaks_no_rule() -> None:
    report = run(Loose(), max_requests=900)
    assert findings(report) == []
    values = dict(report.observed_values)
    assert (values["integer-spelling"], values["loose-types"]) == ("any", "convert")
    assert (values["missing-body"], values["content-type"]) == ("empty", "ignored")
    assert (values["time-precision"], values["callback-body"]) == ("offset", "updated")
    assert values["listing"] == "hands-out"
    assert [note.split(":")[0][:40] for note in report.notes] == [
        "GET /tasks sets the listed tasks from pe",
        "this server ignores a body without the h",
    ]
    assert "Note: this server ignores a body" in report_text(report)


def test_without_writes_the_run_stops_at_a_list_that_hands_out() -> None:
    server = Loose()
    before = sum(task["status"] == "pending" for task in server.tasks)
    report = run(server, writes=Writes.NONE)
    assert report.requests <= 4
    assert "GET /tasks changes the tasks of this server" in report.end_reason
    assert sum(task["status"] == "pending" for task in server.tasks) >= before - report.requests


class Careless(Loose):
    """Accepts what nobody can convert, and lists queued tasks for the filter pending."""

    listed = SmallServer.listed

    def id_text(self, number: int) -> str:
        return super().id_text(number).upper()

    def typed(self, kind: type, value: Any) -> Any:
        return value

    def selected(self, tasks: list[Json], query: Json) -> list[Json]:
        if query.get("status") == "pending":
            query = {**query, "status": "pending,queued"}
        return super().selected(tasks, query)


def test_a_careless_server_breaks_its_rules() -> None:
    report = run(Careless(), max_requests=300)
    assert {"bad-request", "list-status"} <= {rule for rule, _ in findings(report)}
