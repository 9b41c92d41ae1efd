"""The report of one cause: the finding to fix, and the findings that follow from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from workerkit.contracts.report.cause import Cause, causes_of
from workerkit.contracts.report.rule_report import RuleFlaw
from workerkit.contracts.run.ledger import Finding, Ledger
from workerkit.openapi.masking.mask import Mask


@dataclass(frozen=True, slots=True)
class CauseReport:
    """One mistake of the server. It contains no secrets.

    rule: the id of the rule of the finding.
    flaw: the finding that shows the mistake best.
    rules: the ids of all rules that the mistake breaks. The first is `rule`.
    followers: the findings that follow from this one, each with the id of its rule.
    """

    rule: str
    flaw: RuleFlaw
    rules: tuple[str, ...]
    followers: tuple[tuple[str, RuleFlaw], ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The cause as an object of the JSON report."""
        return {
            "rule": self.rule,
            **self.flaw.as_json(),
            "rules": list(self.rules),
            "followers": [{"rule": rule, **flaw.as_json()} for rule, flaw in self.followers],
        }


def cause_reports(ledger: Ledger, mask: Mask) -> tuple[CauseReport, ...]:
    """The reports of all causes. The cause that breaks the most rules comes first."""
    return tuple(_cause_report(cause, mask) for cause in causes_of(ledger))


def _cause_report(cause: Cause, mask: Mask) -> CauseReport:
    followers = tuple((finding.rule, _flaw(finding, mask)) for finding in cause.followers)
    return CauseReport(cause.finding.rule, _flaw(cause.finding, mask), cause.rules, followers)


def _flaw(finding: Finding, mask: Mask) -> RuleFlaw:
    numbers = tuple(exchange.number for exchange in finding.exchanges)
    return RuleFlaw(mask.text(finding.message), numbers)
