"""The report as text: the silences as a list, the untested rules by reason, and the plan before the run."""

from __future__ import annotations

from dataclasses import replace

import pytest

from workerkit.contracts.page.rules import RULES, RuleStatus
from workerkit.contracts.report.evidence import Evidence
from workerkit.contracts.report.report import Report
from workerkit.contracts.report.rule_report import RuleFlaw, RuleReport
from workerkit.contracts.report.silence_report import SilenceReport
from workerkit.contracts.report.text import plan_text, report_notes, report_text
from workerkit.contracts.target.plan import Plan, Writes
from workerkit.contracts.target.target import Target
from workerkit.openapi.spec.silence import silences

TARGET = Target("http://host/api/v1/worker", "key-one")
VALUES = {"retry": "manual", "last-cursor": "null"}


def report(**changes: RuleReport) -> Report:
    """A report in which every rule is kept, except for the changes by rule id (with `_` for `-`)."""
    changed = {name.replace("_", "-"): rule for name, rule in changes.items()}
    rules = tuple(changed.get(rule.id, RuleReport(rule, RuleStatus.KEPT, "")) for rule in RULES)
    silence_reports = tuple(SilenceReport(silence, VALUES.get(silence), None, "") for silence in silences())
    return Report(TARGET.base_url, 1, 9, 1.0, rules, silence_reports)


def evidence(number: int, status: int | None = 200) -> Evidence:
    return Evidence(
        number, "listTasks", f"curl -i {number}", "GET", "/tasks", None, status, {}, {"a": number}
    )


def test_the_observed_silences_are_a_list_in_the_text_and_one_line_in_other_reports() -> None:
    lines = report_text(report()).splitlines()
    title = "The API page leaves these points open. This server behaves as follows:"
    place = lines.index(title)
    assert lines[place + 1 : place + 3] == [" " * 10 + "last-cursor: null", " " * 10 + "retry: manual"]
    assert lines[place + 3].startswith("server verdict: pass (")
    assert f"{title} last-cursor: null, retry: manual." in report_notes(report())


def test_without_an_observed_silence_there_is_no_list() -> None:
    nothing_seen = tuple(SilenceReport(silence, None, None, "") for silence in silences())
    assert "leaves these points open" not in report_text(replace(report(), silence_reports=nothing_seen))


def test_an_exchange_of_two_flaws_is_written_only_once() -> None:
    rule = next(rule for rule in RULES if rule.id == "list")
    flaws = (RuleFlaw("one is missing", (1, 2)), RuleFlaw("two is missing", (2, 3)))
    all_evidence = (evidence(1), evidence(2), evidence(3, None))
    broken = RuleReport(rule, RuleStatus.BROKEN, "", all_evidence, flaws, 1)
    lines = report_text(report(list=broken)).splitlines()
    assert [line.strip() for line in lines[1:11]] == [
        *("one is missing", "#1  $ curl -i 1", 'answer: 200 {"a": 1}'),
        *("#2  $ curl -i 2", 'answer: 200 {"a": 2}'),
        *("two is missing", "#3  $ curl -i 3", "no answer", "(see above: #2)"),
        "and 1 more finding of this rule",
    ]


def test_untested_rules_with_one_reason_are_on_one_line() -> None:
    untested = {
        rule.id.replace("-", "_"): RuleReport(rule, RuleStatus.UNTESTED, "needs --writes all")
        for rule in RULES
        if rule.id.startswith("logs")
    }
    lines = report_text(report(**untested)).splitlines()
    assert lines[0].startswith("untested  logs")
    assert lines[0].endswith(": needs --writes all")
    assert [line for line in lines[1:] if line.startswith("untested")] == []


@pytest.mark.parametrize(
    ("plan", "text"),
    [
        (Plan(), "with no limit on the number of requests, 10 a second. The run may change all tasks"),
        (
            Plan(writes=Writes.NONE, max_requests=9, rate=5),
            "with at most 9 requests, 5 a second. The run changes",
        ),
        (
            Plan(writes=Writes.SANDBOX, sandbox_requests=("A",)),
            "only the sandbox (the tasks and the status of the request 'A')",
        ),
    ],
)
def test_the_plan_says_what_the_run_may_change(plan: Plan, text: str) -> None:
    assert text in plan_text(TARGET, plan)
