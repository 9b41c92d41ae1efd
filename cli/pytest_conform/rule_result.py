"""The results of a run for pytest: one for each rule. They are plain data, which processes can share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self

from workerkit.cli.pytest_conform.options import with_pytest_names
from workerkit.contracts.gate.gate import EndCause
from workerkit.contracts.page.rules import RULES
from workerkit.contracts.report.command_report import command_report
from workerkit.contracts.report.report import Report
from workerkit.contracts.report.text import report_notes
from workerkit.mockserver.reports.report import Case, CommandReport, Outcome
from workerkit.openapi.formats.visible_text import visible_line, visible_text


class RuleOutcome(StrEnum):
    """What the test of a rule does.

    PASSED: the rule is kept.
    FAILED: the rule is broken.
    SKIPPED: the rule is untested.
    EXPECTED: the rule is broken, and it is broken in the baseline, too.
    ERROR: the run could not test the server.
    """

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"
    EXPECTED = "expected"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class RuleResult:
    """The result of the test of one rule.

    outcome: what the test does.
    text: the evidence, the reason or the error. Empty for a test that passes.
    """

    outcome: RuleOutcome
    text: str = ""


@dataclass(frozen=True, slots=True)
class RunResults:
    """The results of a whole run. They contain no secrets.

    rules: the result of each rule, by the rule's id.
    summary: lines for the end of the output of pytest.
    was_interrupted: True if Ctrl-C or SIGTERM ended the run.
    """

    rules: Mapping[str, RuleResult]
    summary: tuple[str, ...] = ()
    was_interrupted: bool = False

    def as_json(self) -> dict[str, Any]:
        """The results as JSON."""
        return asdict(self)

    @classmethod
    def of_json(cls, value: Mapping[str, Any]) -> Self:
        """The results from what `as_json` returned."""
        rules = {
            rule: RuleResult(RuleOutcome(result["outcome"]), result["text"])
            for rule, result in value["rules"].items()
        }
        return cls(rules, tuple(value["summary"]), value["was_interrupted"])


def failed_results(why: str) -> RunResults:
    """The results of a run that could not test the server: an error for each rule. `why` is one sentence."""
    result = RuleResult(RuleOutcome.ERROR, visible_text(with_pytest_names(why)))
    return RunResults({rule.id: result for rule in RULES})


def results_of(report: Report, messages: list[str]) -> RunResults:
    """The results from the report of a run.

    messages: the messages for people that the run printed.
    """
    whole = command_report(report)
    could_run = report.end_cause not in (EndCause.TARGET, EndCause.KIT)
    return RunResults(
        rules={case.name: _result(case, "" if could_run else report.end_reason) for case in whole.cases},
        summary=tuple(
            visible_line(with_pytest_names(line)) for line in (*messages, *_summary(report, whole))
        ),
        was_interrupted=report.end_cause is EndCause.PERSON,
    )


def _result(case: Case, failure: str) -> RuleResult:
    if case.outcome is Outcome.FAIL:
        return RuleResult(RuleOutcome.FAILED, "\n".join(map(visible_line, _evidence(case))))
    if failure:
        return RuleResult(
            RuleOutcome.ERROR, visible_text(f"The run ended early: {with_pytest_names(failure)}.")
        )
    if case.outcome is Outcome.PASS:
        return RuleResult(RuleOutcome.PASSED)
    text = visible_text(with_pytest_names(case.findings_text.removeprefix("Untested: ")))
    return RuleResult(RuleOutcome.EXPECTED if case.findings else RuleOutcome.SKIPPED, text)


def _evidence(case: Case) -> Iterator[str]:
    for finding in case.findings:
        yield finding.message
        yield from (f"    {line}" for line in finding.lines)
    yield from case.notes
    yield f"The API page says: {case.title}"


def _summary(report: Report, whole: CommandReport) -> Iterator[str]:
    yield from report_notes(report)
    for note in whole.folded_notes:
        yield note.text
        yield from (f"    {line}" for line in note.lines)
    yield whole.summary
