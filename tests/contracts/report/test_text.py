"""The report as text: the silences as a list, the untested rules by reason, and the plan before the run."""

from __future__ import annotations

from dataclasses import replace

import pytest

from workerkit.contracts.page.rules import RULES, RuleStatus
from workerkit.contracts.report.cause_report import CauseReport
from workerkit.contracts.report.evidence import Evidence
from workerkit.contracts.report.report import Report
from workerkit.contracts.report.rule_report import RuleFlaw, RuleReport
from workerkit.contracts.report.silence_report import SilenceReport
from workerkit.contracts.report.text import plan_text, report_notes, report_text
from workerkit.contracts.run.part import PartCost
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


def caused(*flaws: RuleFlaw, followers: tuple[tuple[str, RuleFlaw], ...] = ()) -> Report:
    """A report in which `list` is broken. Each flaw is a cause; the followers follow from the first."""
    rule = next(rule for rule in RULES if rule.id == "list")
    all_evidence = (evidence(1), evidence(2), evidence(3, None))
    broken = RuleReport(rule, RuleStatus.BROKEN, "", all_evidence, flaws)
    rules = tuple(dict.fromkeys(("list", *(rule for rule, _ in followers))))
    causes = (
        CauseReport("list", flaws[0], rules, followers),
        *(CauseReport("list", flaw, ("list",)) for flaw in flaws[1:]),
    )
    return replace(report(list=broken), causes=causes)


def test_an_exchange_of_two_causes_is_written_only_once() -> None:
    lines = report_text(caused(RuleFlaw("one is missing", (1, 2)), RuleFlaw("two is missing", (2, 3))))
    stripped = [line.strip() for line in lines.splitlines()]
    assert stripped[:3] == [
        "Fix first: 2 causes. The cause that breaks the most rules is the first.",
        "1. list: one is missing",
        "2. list: two is missing",
    ]
    start = stripped.index("1. one is missing")
    assert stripped[start : start + 5] == [
        *("1. one is missing", "#1  $ curl -i 1", 'answer: 200 {"a": 1}'),
        *("#2  $ curl -i 2", 'answer: 200 {"a": 2}'),
    ]
    start = stripped.index("2. two is missing")
    assert stripped[start : start + 4] == [
        *("2. two is missing", "#3  $ curl -i 3", "no answer", "(see above: #2)"),
    ]


def test_what_follows_from_a_cause_is_named_in_one_line() -> None:
    flaw = RuleFlaw("it is gone", (2,))
    followers = (("update", flaw), ("update", flaw), ("bulk", flaw))
    text = report_text(caused(RuleFlaw("one is missing", (1,)), followers=followers))
    assert "The same mistake also breaks: update (2 findings), bulk (1 finding)" in text
    assert "workerkit rule show list\n" in text
    assert "it is gone" not in text
    assert "Fix first" not in text


def test_the_parts_of_a_run_and_what_the_limit_left_out_are_told() -> None:
    costs = (PartCost("scripted requests", 150), PartCost("random episodes", 30, 0.25))
    notes = report_notes(replace(report(), costs=costs))
    assert "Requests: scripted requests 150, random episodes 30." in notes
    assert any("only 25% of the random episodes: give a higher --max-requests" in note for note in notes)


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
