"""What a run found out, rule by rule, in a form that can be shown and stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from workerkit.contracts.gate.gate import Cause
from workerkit.contracts.page.rules import RuleStatus
from workerkit.contracts.report.rule_report import RuleReport
from workerkit.contracts.report.sentence_report import SentenceReport, sentence_reports
from workerkit.contracts.report.silences_seen import SilenceSeen
from workerkit.contracts.sandbox.receipt import Receipt

_EXIT_CODES = {Cause.TARGET: 3, Cause.KIT: 3, Cause.PERSON: 130}


@dataclass(frozen=True, slots=True)
class SavedFinding:
    """A finding as files: their name without the ending, a scenario and, where asked for, a capsule."""

    name: str
    scenario: str
    capsule: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """A run's findings. `requests` is how many were sent, `seconds` how long the run took.

    `learnt` is what was seen of every silence; `unplayed` says why nothing was held against a model, or is
    empty. `ended` says what ended the run before its time, or is empty, and `cause` who did; `withheld` are
    requests that the gate did not let through, each a defect of the kit; `receipt` is what was changed in a
    sandbox; `saved` has the files of each finding. No secret is in it.
    """

    target: str
    seed: int
    requests: int
    seconds: float
    rules: tuple[RuleReport, ...]
    learnt: tuple[SilenceSeen, ...]
    unplayed: str = ""
    ended: str = ""
    cause: Cause | None = None
    withheld: tuple[str, ...] = ()
    receipt: Receipt | None = None
    saved: tuple[SavedFinding, ...] = ()

    @property
    def verdict(self) -> str:
        """`fail` where a rule is broken, else `pass`."""
        return "fail" if self.of(RuleStatus.BROKEN) else "pass"

    @property
    def silences(self) -> tuple[tuple[str, str | None], ...]:
        """Every silence's id, with the value seen or None."""
        return tuple((each.silence, each.seen) for each in self.learnt)

    @property
    def sentences(self) -> tuple[SentenceReport, ...]:
        """The page's sentences in its order, each with what became of it."""
        return sentence_reports(self.rules, self.learnt)

    def of(self, status: RuleStatus) -> tuple[RuleReport, ...]:
        """The rules of a status, in the page's order."""
        return tuple(rule for rule in self.rules if rule.status is status)

    def as_json(self) -> dict[str, Any]:
        """The report as JSON; the same run gives the same value, for it holds no times."""
        return {
            "verdict": self.verdict,
            "target": self.target,
            "seed": self.seed,
            "requests": self.requests,
            "ended": self.ended,
            "withheld": list(self.withheld),
            "receipt": self.receipt and self.receipt.as_json(),
            "rules": [rule.as_json() for rule in self.rules],
            "sentences": [sentence.as_json() for sentence in self.sentences],
            "silences": dict(self.silences),
            "unplayed": self.unplayed,
            "silence_notes": {each.silence: each.why for each in self.learnt if each.why},
        }


def exit_code(report: Report, *, strict: bool) -> int:
    """What the command ends with: 1 for findings, untested rules among them if `strict`; 3 where the target
    or the kit ended the run, 130 where a person did; 0 where all is well."""
    if report.verdict == "fail":
        return 1
    if report.cause in _EXIT_CODES:
        return _EXIT_CODES[report.cause]
    return 1 if strict and report.of(RuleStatus.UNTESTED) else 0
