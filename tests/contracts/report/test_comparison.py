"""The comparison with a baseline: what counts, what is only told, and where."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from xml.etree.ElementTree import fromstring

import pytest

from tests.contracts.report.test_text import VALUES, report
from workerkit.contracts.page.rules import RULES, RuleStatus
from workerkit.contracts.report.baseline import Baseline
from workerkit.contracts.report.command_report import command_report
from workerkit.contracts.report.comparison import Comparison, RuleChangeKind
from workerkit.contracts.report.comparison_text import comparison_lines
from workerkit.contracts.report.report import Report, exit_code
from workerkit.contracts.report.rule_report import RuleFlaw, RuleReport
from workerkit.contracts.report.text import report_text
from workerkit.mockserver.reports.html.html_page import html_report
from workerkit.mockserver.reports.junit import junit_report
from workerkit.mockserver.reports.markdown import markdown_report
from workerkit.openapi.spec.silence import silences

KEPT, BROKEN, UNTESTED = RuleStatus.KEPT, RuleStatus.BROKEN, RuleStatus.UNTESTED
TARGET = "http://host/api/v1/worker"


def baseline(rules: dict[str, RuleStatus | None], **changes: Any) -> Baseline:
    """A baseline in which all rules are kept, except for `rules`. None removes a rule."""
    statuses = {rule.id: KEPT for rule in RULES} | rules
    known = {rule: status for rule, status in statuses.items() if status is not None}
    values = {silence: VALUES.get(silence) for silence in silences()}
    return replace(Baseline("old.json", TARGET, "", known, values, {}), **changes)


def run(**statuses: RuleStatus) -> Report:
    """A report with these statuses. All other rules are kept."""
    rules = {rule.id: rule for rule in RULES}
    changed = {}
    for name, status in statuses.items():
        flaws = (RuleFlaw("no total", ()),) if status is BROKEN else ()
        why = {BROKEN: "no total", UNTESTED: "needs a key"}.get(status, "")
        changed[name] = RuleReport(rules[name.replace("_", "-")], status, why, (), flaws)
    return report(**changed)


def compared(now: Report, before: Baseline) -> Comparison:
    comparison = now.compared_with(before).comparison
    assert comparison is not None
    return comparison


@pytest.mark.parametrize(
    ("before", "now", "change", "code", "strict_code"),
    [
        (KEPT, KEPT, None, 0, 0),
        (KEPT, BROKEN, RuleChangeKind.NEWLY_BROKEN, 1, 1),
        (KEPT, UNTESTED, RuleChangeKind.UNTESTED_NOW, 0, 1),
        (BROKEN, KEPT, RuleChangeKind.MENDED, 0, 0),
        (BROKEN, BROKEN, RuleChangeKind.STILL_BROKEN, 0, 0),
        (BROKEN, UNTESTED, RuleChangeKind.UNTESTED_NOW, 0, 1),
        (UNTESTED, KEPT, RuleChangeKind.TESTED_NOW, 0, 0),
        (UNTESTED, BROKEN, RuleChangeKind.NEWLY_BROKEN, 1, 1),
        (UNTESTED, UNTESTED, None, 0, 0),
        (None, KEPT, RuleChangeKind.TESTED_NOW, 0, 0),
        (None, BROKEN, RuleChangeKind.NEWLY_BROKEN, 1, 1),
        (None, UNTESTED, None, 0, 0),
    ],
)
def test_only_a_newly_broken_rule_counts(
    before: RuleStatus | None, now: RuleStatus, change: RuleChangeKind | None, code: int, strict_code: int
) -> None:
    result = run(list_total=now).compared_with(baseline({"list-total": before}))
    assert result.comparison is not None
    assert [rule.kind for rule in result.comparison.rules] == ([change] if change else [])
    assert result.verdict == ("fail" if code else "pass")
    assert exit_code(result, strict=False) == code
    assert exit_code(result, strict=True) == strict_code


def test_every_kind_of_change_of_a_rule_is_told() -> None:
    before = baseline({"list": BROKEN, "list-page": BROKEN, "logs": UNTESTED})
    now = run(list=BROKEN, list_total=BROKEN, update=UNTESTED, bulk=UNTESTED)
    assert comparison_lines(compared(now, before)) == [
        "Compared with the baseline old.json: 1 rule newly broken, 1 rule still broken, 1 rule mended, "
        "2 rules untested now, 1 rule tested now and kept.",
        "newly broken: list-total (kept in the baseline): no total",
        "still broken: list",
        "mended: list-page",
        "untested now: update, bulk (kept in the baseline): needs a key",
        "tested now and kept: logs (untested in the baseline)",
    ]


def test_no_change_is_told() -> None:
    assert comparison_lines(compared(run(), baseline({}))) == [
        "Compared with the baseline old.json: nothing has changed."
    ]


def test_changed_silences_are_told_but_not_those_that_a_dialect_gives() -> None:
    seen = {"last-cursor": "id", "retry": "manual", "list-order": "oldest-first", "null-field": "reject"}
    now = run()
    reports = tuple(
        replace(silence, stated="reject") if silence.silence == "null-field" else silence
        for silence in now.silence_reports
    )
    before = baseline({}, silences={**seen, "transitions": None})
    comparison = compared(replace(now, silence_reports=reports), before)
    assert comparison_lines(comparison)[1:] == [
        "changed silence: last-cursor: id before, null now",
        "changed silence: list-order: oldest-first before, not seen now",
    ]


def test_new_missing_and_changed_fields_are_told() -> None:
    def fields(**paths: tuple[str, ...]) -> Any:
        return {"listTasks": {"200": {name.replace("_", "."): types for name, types in paths.items()}}}

    before = baseline({}, fields=fields(total=("integer",), old=("object",), old_part=("string",)))
    now = replace(run(), fields=fields(total=("null", "string"), new=("object",), new_part=("boolean",)))
    assert comparison_lines(compared(now, before)) == [
        "Compared with the baseline old.json: 3 fields of answers changed.",
        "new field: listTasks 200: new (object)",
        "missing field: listTasks 200: old (object)",
        "changed field: listTasks 200: total (integer before, null or string now)",
    ]


def test_an_empty_list_and_a_status_of_only_one_run_are_no_change() -> None:
    full = {"data": ("array",), "data[]": ("object",), "data[].id": ("string",)}
    for first, second in ((full, {"data": ("array",)}), ({"data": ("array",)}, full)):
        before = baseline({}, fields={"listTasks": {"200": first, "404": full}, "sendLogs": {"200": full}})
        now = replace(run(), fields={"listTasks": {"200": second, "400": full}})
        assert compared(now, before).fields == ()


def test_a_baseline_of_another_target_or_an_ended_run_gives_a_note() -> None:
    before = baseline({"a-rule-of-old": KEPT}, target="http://other", end_reason="the run was interrupted")
    assert comparison_lines(compared(run(), before))[1:] == [
        "note: the baseline is of another target, http://other",
        "note: the run of the baseline ended early: the run was interrupted",
        "note: the baseline has rules that this version of workerkit does not have: a-rule-of-old",
    ]


def test_all_reports_tell_the_comparison() -> None:
    before = baseline({"list": BROKEN}, silences={"last-cursor": "id"})
    result = run(list=BROKEN, list_total=BROKEN).compared_with(before)
    for text in (report_text(result), html_report(command_report(result)).decode()):
        assert "Compared with the baseline old.json: 1 rule newly broken, 1 rule still broken" in text
        assert "changed silence: last-cursor: id before, null now" in text
    value = result.as_json()["baseline"]
    assert value["file"] == "old.json"
    assert value["silences"][0] == {"id": "last-cursor", "before": "id", "now": "null"}
    assert [(rule["id"], rule["change"], rule["before"], rule["now"]) for rule in value["rules"]] == [
        ("list", "still-broken", "broken", "broken"),
        ("list-total", "newly-broken", "kept", "broken"),
    ]
    assert "changed silence\\: last\\-cursor\\: id before, null now" in markdown_report(
        command_report(result)
    )


def test_in_junit_only_the_newly_broken_rule_is_a_failure() -> None:
    result = run(list=BROKEN, list_total=BROKEN).compared_with(baseline({"list": BROKEN}))
    suite = fromstring(junit_report(command_report(result)))[0]
    assert (suite.get("failures"), suite.get("skipped")) == ("1", "1")
    (skipped,) = suite.iter("skipped")
    assert skipped.get("message") == (
        "This rule was broken in the baseline, too, so it does not make the run fail. no total"
    )
    (failure,) = suite.iter("failure")
    assert "In the baseline this rule was kept." in str(failure.text)
    assert "workerkit rule show list-total" in str(failure.text)
    (output,) = suite.findall("system-out")
    assert "newly broken: list-total (kept in the baseline): no total" in str(output.text)


def test_without_a_baseline_there_is_no_comparison() -> None:
    result = run(list=BROKEN)
    assert result.as_json()["baseline"] is None
    assert "baseline" not in report_text(result)
    assert exit_code(result, strict=False) == 1
