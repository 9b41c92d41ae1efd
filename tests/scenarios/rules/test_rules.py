from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from workerkit.openapi.exchange import Exchange
from workerkit.scenarios.rules import RULES
from workerkit.scenarios.rules.requests.key_in_header_only import KeyInHeaderOnly
from workerkit.scenarios.rules.rule import Breach
from workerkit.scenarios.rules.trouble.process_not_crashed import ProcessNotCrashed
from workerkit.scenarios.rules.work.tasks_ended import TasksEnded
from workerkit.scenarios.run_record.run import Run

Make = Callable[..., Exchange]
RunOf = Callable[..., Run]


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES.keys())
def test_each_rule_says_why_and_what_a_careful_worker_does(rule: Any) -> None:
    assert rule.why.endswith(".")
    assert rule.why[0].isupper()
    assert not rule.careful.endswith(".")
    assert rule.careful[0].islower()
    assert rule().id == rule.id


def test_the_exchanges_of_a_violation_are_in_the_order_of_time() -> None:
    breaches = [Breach("later", (7, 9)), Breach("earlier", (3, 8))]
    (violation,) = ProcessNotCrashed().summarize(breaches)
    assert (violation.fact, violation.exchanges, violation.times) == ("earlier", (3, 7, 8, 9), 2)
    assert violation.short_message == "earlier This happened 2 times."
    assert violation.message == f"{violation.short_message} {violation.advice}"


def test_the_first_breach_in_time_keeps_its_exchanges() -> None:
    breaches = [*(Breach("later", (number,)) for number in range(20, 60)), Breach("first", (1, 90))]
    (violation,) = ProcessNotCrashed().summarize(breaches)
    assert (len(violation.exchanges), violation.exchanges[0], violation.exchanges[-1]) == (20, 1, 90)


def test_rules_follow_from_known_rules_and_never_from_themselves() -> None:
    def roots(rule: str, *seen: str) -> None:
        assert rule not in seen
        for parent in RULES[rule].follows_from:
            roots(parent, *seen, rule)

    for rule in RULES:
        roots(rule)


def tasks(*statuses: str, server: str = "server-01") -> list[dict[str, Any]]:
    return [{"id": f"id-{n}", "status": status, "server": server} for n, status in enumerate(statuses, 1)]


def test_all_tasks_at_an_end_are_fine(run_of: RunOf) -> None:
    assert TasksEnded().check(run_of(tasks=tasks("completed", "failed", "canceled"))) == []


def test_tasks_of_other_servers_do_not_count(run_of: RunOf) -> None:
    assert TasksEnded().check(run_of(tasks=tasks("pending", server="server-02"))) == []


@pytest.mark.parametrize("status", ["pending", "queued", "running"])
def test_one_task_left_behind_breaks_the_rule(run_of: RunOf, status: str) -> None:
    (violation,) = TasksEnded().check(run_of(tasks=tasks("completed", status)))
    assert violation.rule == "tasks-ended"
    assert f"({'1 ' + status}): id-2." in violation.message


def test_the_message_counts_the_tasks_left_and_names_the_first(run_of: RunOf) -> None:
    left = tasks("pending", "completed", "running", "pending", "pending", "queued")
    (violation,) = TasksEnded().check(run_of(tasks=left, ended_by="time-limit"))
    assert violation.message.startswith(
        "5 of 6 tasks of server-01 were not completed, failed or canceled when the time limit was reached "
        "(3 pending, 1 running, 1 queued): id-1, id-3, id-4, .... "
    )


@pytest.mark.parametrize(("exit_code", "how"), [(1, "exited with code 1"), (-11, "was killed by SIGSEGV")])
def test_a_crash_breaks_the_rule(attempt: Make, run_of: RunOf, exit_code: int, how: str) -> None:
    run = run_of([attempt(0.0, status=200), attempt(0.25)], exit_code=exit_code)
    (violation,) = ProcessNotCrashed().check(run)
    assert violation.message.startswith(
        f"The worker's process {how} after exchange 2 (PUT /api/v1/worker/tasks/"
    )
    assert "answered 401) at 0.251 s." in violation.message
    assert violation.exchanges == (2,)


def test_a_crash_before_the_first_request_is_reported(run_of: RunOf) -> None:
    (violation,) = ProcessNotCrashed().check(run_of(exit_code=3))
    assert "exited with code 3 before its first request." in violation.message


def test_an_unnamed_signal_is_reported_by_its_number(run_of: RunOf) -> None:
    (violation,) = ProcessNotCrashed().check(run_of(exit_code=-50))
    assert "was killed by signal 50" in violation.message


@pytest.mark.parametrize(
    ("exit_code", "ended_by"),
    [(0, "exit"), (None, "until"), (-15, "until"), (143, "time-limit"), (1, "until")],
)
def test_a_good_exit_and_a_stopped_command_are_fine(
    run_of: RunOf, exit_code: int | None, ended_by: str
) -> None:
    assert ProcessNotCrashed().check(run_of(exit_code=exit_code, ended_by=ended_by)) == []


@pytest.mark.parametrize(
    ("place", "fields"),
    [
        ("path", {"path": "/api/v1/worker/tasks/server-01-key"}),
        ("query", {"query": "page=1&api_key=server-01-key"}),
        ("query", {"query": "api_key=server%2D01%2Dkey"}),
        ("body", {"request_body": b'{"note": "sent with server-01-key."}'}),
    ],
)
def test_the_key_outside_its_header_breaks_the_rule(
    attempt: Make, run_of: RunOf, place: str, fields: dict[str, Any]
) -> None:
    (violation,) = KeyInHeaderOnly().check(
        run_of([attempt(0.0), attempt(0.5, **fields), attempt(1.0, **fields)])
    )
    assert violation.message.startswith(
        f"The API key is in the {place} of exchange 2 (PUT updateTask at 0.500 s)"
    )
    assert "in 2 of 3 exchanges" in violation.message
    assert violation.exchanges == (2, 3)
    assert "server-01-key" not in violation.message


def test_the_key_in_its_header_and_words_that_contain_it_are_fine(attempt: Make, run_of: RunOf) -> None:
    exchange = attempt(0.0, request_body=b'{"server_name": "server-01", "note": "server-01-keyring"}')
    assert KeyInHeaderOnly().check(run_of([exchange])) == []
