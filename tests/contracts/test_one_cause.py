"""Servers with one mistake that shows in many answers: the report has one cause."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from tests.contracts.small_server import RefusedError, SmallServer, serving
from workerkit.contracts.conformance import conform
from workerkit.contracts.gate.gate import EndCause
from workerkit.contracts.page.rules import RuleStatus
from workerkit.contracts.report.report import Report
from workerkit.contracts.target.plan import Plan
from workerkit.contracts.target.run_clock import RunClock

Json = dict[str, Any]
WITHOUT_WAITS = RunClock(wait=lambda _: None)
CONNECTIONS = 3


def run(server: SmallServer) -> Report:
    with serving(server) as target:
        return conform(target, Plan(), clock=WITHOUT_WAITS)


class LeakingPool(SmallServer):
    """Each refused update of another server's task keeps a connection. Without one, every request fails.

    restarts_after: how many requests fail until somebody starts the server again. 0 means never.
    """

    def __init__(self, restarts_after: int) -> None:
        super().__init__()
        self.free, self.failed, self.restarts_after = CONNECTIONS, 0, restarts_after

    def own_task(self, server: str, task_id: Any) -> Json:
        try:
            return super().own_task(server, task_id)
        except RefusedError as refused:
            self.free -= refused.status == 403
            raise

    def body_of(self, body: bytes, content_type: str) -> Any:
        self._take_connection()
        return super().body_of(body, content_type)

    def check_parameters(self, query: Json) -> None:
        self._take_connection()

    def _take_connection(self) -> None:
        if self.free > 0:
            return
        self.failed += 1
        if self.failed == self.restarts_after:
            self.free, self.failed = CONNECTIONS, 0
        raise RefusedError(500, "no connection")


def test_a_server_that_fails_at_every_request_has_one_cause_and_ends_the_run() -> None:
    report = run(LeakingPool(restarts_after=0))
    (cause,) = report.causes
    assert (cause.rules, cause.followers) == (("no-system-error",), ())
    assert "the server answered every request with 500, also GET /tasks" in cause.flaw.message
    assert cause.flaw.message.startswith('from the request PUT /api/v1/worker/tasks/bulk {"items":[')
    assert report.end_cause is EndCause.TARGET
    assert report.end_reason == "the server answered every request with 500, for 7.5 s"


def test_from_the_answers_of_a_server_that_fails_for_some_time_nothing_is_learnt() -> None:
    report, expected = run(LeakingPool(restarts_after=7)), run(SmallServer())
    (cause,) = report.causes
    assert cause.rules == ("no-system-error",)
    assert report.end_reason == ""
    assert len(report.with_status(RuleStatus.KEPT)) > 25
    known = dict(expected.observed_values)
    assert {s: v for s, v in report.observed_values if v not in (None, known[s])} == {}


class OtherRefusal(SmallServer):
    """Answers 403 to a wrong key."""

    def answer(self, method: str, target: str, headers: Any, body: bytes) -> tuple[int, Json]:
        status, answer = super().answer(method, target, headers, body)
        return (403 if status == 401 else status), answer


class FailingKeys(SmallServer):
    """Fails at a key that it does not know, but not at a missing one."""

    def answer(self, method: str, target: str, headers: Any, body: bytes) -> tuple[int, Json]:
        status, answer = super().answer(method, target, headers, body)
        return (500 if status == 401 and "X-API-Key" in headers else status), answer


@pytest.mark.parametrize(
    ("server", "message"),
    [
        (OtherRefusal(), "GET /tasks without a key was answered 403, expected 401"),
        (FailingKeys(), "a request with an unknown key was answered 500"),
    ],
)
def test_a_wrong_answer_to_wrong_keys_is_one_cause(server: SmallServer, message: str) -> None:
    (cause,) = run(server).causes
    assert cause.flaw.message == message


class CarelessTexts(SmallServer):
    """Removes spaces from the texts of an update before it checks their types."""

    def fields(self, kinds: Json, body: Any) -> Json:
        if kinds is self.UPDATE and isinstance(body, dict):
            texts = [value for name, value in body.items() if kinds.get(name) is str and name != "status"]
            if any(isinstance(text, list) for text in texts):
                raise RefusedError(500, "a list has no strip")
        return super().fields(kinds, body)


def test_a_list_in_place_of_a_text_is_one_cause_for_each_operation() -> None:
    sent = [cause.flaw.message for cause in run(CarelessTexts()).causes if "with link_" in cause.flaw.message]
    assert len(sent) == len({message.split(" with ")[0] for message in sent}) >= 3


class FailingField(SmallServer):
    """The callback link/update fails at some error messages."""

    def __init__(self, fails_at: Callable[[str], bool]) -> None:
        super().__init__()
        self.fails_at = fails_at

    def _link_update(self, server: str, body: Any, more: Json) -> Json:
        message = self.fields(self.UPDATE, body).get("error_message", "")
        if self.fails_at(message):
            raise RefusedError(500, "no such column: error_msg")
        return super()._link_update(server, body, more)


def test_a_field_at_which_an_operation_always_fails_is_one_cause() -> None:
    (cause,) = run(FailingField(bool)).causes
    assert cause.rule == "no-system-error"
    assert len(cause.followers) > 5
    assert cause.flaw.message.startswith(
        "the server fails at each request for POST /callback/link/update with error_message, for example: "
    )


@pytest.mark.parametrize(
    ("fails_at", "count"),
    [(lambda text: len(text) > 255, 1), (lambda text: len(text) > 255 or "🎉" in text, 2)],
)
def test_two_kinds_of_values_at_which_a_server_fails_are_two_causes(
    fails_at: Callable[[str], bool], count: int
) -> None:
    causes = run(FailingField(fails_at)).causes
    assert [cause.rule for cause in causes] == ["no-system-error"] * count


class CachedLists(SmallServer):
    """Keeps the answer to each query for the next lists.

    uses: how often an answer is used again.
    """

    def __init__(self, uses: int) -> None:
        super().__init__()
        self.uses = uses
        self.answers: dict[str, tuple[int, Json]] = {}

    def name_of(self, server: str, query: Json) -> str:
        return f"{server} {query}"

    def _list(self, server: str, query: Json) -> Json:
        name = self.name_of(server, query)
        left, answer = self.answers.get(name, (0, {}))
        if left == 0:
            left, answer = self.uses + 1, deepcopy(super()._list(server, query))
        self.answers[name] = left - 1, answer
        return answer


def test_a_server_that_keeps_old_lists_has_one_cause() -> None:
    report = run(CachedLists(uses=1000))
    (cause,) = report.causes
    assert cause.rule == "list"
    assert "lists the old value, although GET /tasks?" in cause.flaw.message
    assert len(cause.followers) > 3
    assert report.no_episodes_reason.startswith("the server keeps old lists")


class SharedCache(CachedLists):
    """Answers the key of another server with a list of the first server."""

    def name_of(self, server: str, query: Json) -> str:
        return str(query)


def test_tasks_of_the_own_server_are_not_taken_for_tasks_of_another_one() -> None:
    causes = run(SharedCache(uses=1000)).causes
    assert not {"update-own-only", "bulk-foreign"} & {rule for cause in causes for rule in cause.rules}


class FirstOwnerOnly(SmallServer):
    """Checks only the owner of the first item of a batch."""

    def _bulk(self, server: str, body: Any) -> Json:
        answer = super()._bulk(server, body)
        for item, result in zip(body["items"][1:], answer["results"][1:], strict=True):
            if result.get("error") == "not_your_task":
                super()._result("server-02" if server == "server-01" else "server-01", item["link_id"], item)
                result.clear()
                result.update({"link_id": item["link_id"], "success": True})
        updated = sum(result["success"] for result in answer["results"])
        return {**answer, "success": updated, "failed": answer["total"] - updated}


def test_what_an_accepted_item_of_another_server_changes_is_no_cause_of_its_own() -> None:
    assert {cause.rule for cause in run(FirstOwnerOnly()).causes} == {"bulk-foreign"}
