"""The report of one rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from workerkit.contracts.page.rules import RuleStatus, ServerRule
from workerkit.contracts.report.evidence import Evidence


@dataclass(frozen=True, slots=True)
class RuleFlaw:
    """One violation of a rule.

    message: the expected behaviour and the observed behaviour.
    exchanges: the numbers of the exchanges that show the violation, in their order.
    """

    message: str
    exchanges: tuple[int, ...]

    def as_json(self) -> dict[str, Any]:
        """The flaw as an object of the JSON report."""
        return {"message": self.message, "exchanges": list(self.exchanges)}


@dataclass(frozen=True, slots=True)
class RuleReport:
    """The report of one rule.

    rule: the rule.
    status: kept, broken or untested.
    why: for a broken rule the flaws, for an untested rule the reason, for a kept rule an empty text.
    evidence: the exchanges of all flaws in this report.
    flaws: the first flaws, one for each cause.
    more: the number of further causes, which are not in this report.
    """

    rule: ServerRule
    status: RuleStatus
    why: str
    evidence: tuple[Evidence, ...] = ()
    flaws: tuple[RuleFlaw, ...] = ()
    more: int = 0

    @property
    def id(self) -> str:
        """The id of the rule."""
        return self.rule.id

    def as_json(self) -> dict[str, Any]:
        """The rule as an object of the JSON report."""
        return {
            "id": self.id,
            "source": self.rule.source,
            "status": str(self.status),
            "why": self.why,
            "evidence": [evidence.as_json() for evidence in self.evidence],
            "findings": [flaw.as_json() for flaw in self.flaws],
        }
