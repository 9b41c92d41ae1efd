"""The report of a whole conformance run."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from workerkit.contracts.gate.gate import EndCause
from workerkit.contracts.page.rules import RuleStatus
from workerkit.contracts.report.baseline import Baseline
from workerkit.contracts.report.cause_report import CauseReport
from workerkit.contracts.report.comparison import Comparison, RuleChangeKind, compare
from workerkit.contracts.report.rule_report import RuleReport
from workerkit.contracts.report.seen_fields import SeenFields
from workerkit.contracts.report.sentence_report import SentenceReport, sentence_reports
from workerkit.contracts.report.silence_report import SilenceReport
from workerkit.contracts.run.part import PartCost
from workerkit.contracts.sandbox.receipt import Receipt

_COULD_NOT_RUN = (EndCause.TARGET, EndCause.KIT)


@dataclass(frozen=True, slots=True)
class SavedFinding:
    """The text of the files for one finding.

    name: the file name without its ending.
    scenario: the text of the scenario file.
    capsule: the text of the capsule file, or an empty text.
    """

    name: str
    scenario: str
    capsule: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """The report of a conformance run. It contains no secrets.

    target: the base URL of the target.
    seed: the seed of the random requests.
    requests: the number of requests.
    seconds: the duration of the run.
    rules: a report for each rule, in the order of the API page.
    silence_reports: a report for each silence.
    no_episodes_reason: the reason why no answers were compared with a model, or an empty text.
    trouble: the trouble on the way to the server, or an empty text.
    end_reason: the reason why the run ended early, or an empty text.
    end_cause: what ended the run early, or None.
    withheld: the requests that the gate did not send. Each one is a defect of workerkit.
    receipt: the changes in the sandbox, or None if there is no sandbox.
    notes: sentences about behaviour that breaks no rule, without a full stop.
    saved_findings: the files for each finding.
    causes: the causes of all findings. The cause that breaks the most rules comes first.
    costs: how many requests each part of the run sent.
    fields: the fields that the answers had.
    comparison: how the run differs from its baseline, or None if there is no baseline.
    """

    target: str
    seed: int
    requests: int
    seconds: float
    rules: tuple[RuleReport, ...]
    silence_reports: tuple[SilenceReport, ...]
    no_episodes_reason: str = ""
    trouble: str = ""
    end_reason: str = ""
    end_cause: EndCause | None = None
    withheld: tuple[str, ...] = ()
    receipt: Receipt | None = None
    saved_findings: tuple[SavedFinding, ...] = ()
    causes: tuple[CauseReport, ...] = ()
    costs: tuple[PartCost, ...] = ()
    notes: tuple[str, ...] = ()
    fields: SeenFields = field(default_factory=dict)
    comparison: Comparison | None = None

    @property
    def verdict(self) -> str:
        """`fail` if a rule is broken, else `pass`.

        With a baseline, a broken rule counts only if it was not broken in the baseline.
        """
        return "fail" if self._not_in_baseline(RuleStatus.BROKEN, RuleChangeKind.NEWLY_BROKEN) else "pass"

    @property
    def has_new_untested_rule(self) -> bool:
        """True if a rule is untested. With a baseline, the rule counts only if it was tested there."""
        return bool(self._not_in_baseline(RuleStatus.UNTESTED, RuleChangeKind.UNTESTED_NOW))

    @property
    def observed_values(self) -> tuple[tuple[str, str | None], ...]:
        """A pair for each silence: its id, and the observed value or None."""
        return tuple((report.silence, report.observed) for report in self.silence_reports)

    @property
    def sentences(self) -> tuple[SentenceReport, ...]:
        """A report for each sentence of the API page, in the order of the page."""
        return sentence_reports(self.rules, self.silence_reports)

    def with_status(self, status: RuleStatus) -> tuple[RuleReport, ...]:
        """The rules with this status, in the order of the API page."""
        return tuple(rule for rule in self.rules if rule.status is status)

    def compared_with(self, baseline: Baseline) -> Report:
        """This report with a comparison. A rule that was broken in the baseline does not make it fail."""
        comparison = compare(baseline, self.target, self.rules, self.silence_reports, self.fields)
        return replace(self, comparison=comparison)

    def _not_in_baseline(self, status: RuleStatus, change: RuleChangeKind) -> tuple[object, ...]:
        return self.with_status(status) if self.comparison is None else self.comparison.with_kind(change)

    def as_json(self) -> dict[str, Any]:
        """The report as JSON. It leaves out `seconds`, because the duration differs from run to run."""
        return {
            "verdict": self.verdict,
            "target": self.target,
            "seed": self.seed,
            "requests": self.requests,
            "ended": self.end_reason,
            "trouble": self.trouble,
            "withheld": list(self.withheld),
            "receipt": self.receipt and self.receipt.as_json(),
            "parts": [cost.as_json() for cost in self.costs],
            "causes": [cause.as_json() for cause in self.causes],
            "rules": [rule.as_json() for rule in self.rules],
            "sentences": [sentence.as_json() for sentence in self.sentences],
            "silences": dict(self.observed_values),
            "unplayed": self.no_episodes_reason,
            "notes": list(self.notes),
            "silence_notes": {report.silence: report.why for report in self.silence_reports if report.why},
            "fields": self.fields,
            "baseline": self.comparison and self.comparison.as_json(),
        }


def exit_code(report: Report, *, strict: bool) -> int:
    """The exit code of the command.

    3: the target or a defect of workerkit ended the run, also if a rule is broken.
    1: a rule is broken; with `strict` also: a rule is untested. With a baseline, a broken rule counts only if
        it was not broken there, and an untested rule only if it was tested there.
    130: a person ended the run.
    0: everything else.
    """
    if report.end_cause in _COULD_NOT_RUN:
        return 3
    if report.verdict == "fail":
        return 1
    if report.end_cause is EndCause.PERSON:
        return 130
    return 1 if strict and report.has_new_untested_rule else 0
