"""What a run found out about one rule, in a form that can be shown and stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from workerkit.contracts.page.rules import RuleStatus, ServerRule
from workerkit.contracts.report.evidence import Evidence


@dataclass(frozen=True, slots=True)
class RuleFlaw:
    """One way in which a rule is broken: what was expected and seen, and the numbers of the exchanges that
    show it, in their order."""

    message: str
    exchanges: tuple[int, ...]

    def as_json(self) -> dict[str, Any]:
        """The flaw as an object of the JSON report."""
        return {"message": self.message, "exchanges": list(self.exchanges)}


@dataclass(frozen=True, slots=True)
class RuleReport:
    """A rule with what became of it. `why` says what is broken, or why it is untested; empty where kept.

    Each cause is one of the `flaws`, and there are so many `more`; `evidence` are the exchanges that the
    flaws refer to.
    """

    rule: ServerRule
    status: RuleStatus
    why: str
    evidence: tuple[Evidence, ...] = ()
    flaws: tuple[RuleFlaw, ...] = ()
    more: int = 0

    @property
    def id(self) -> str:
        """The rule's."""
        return self.rule.id

    def as_json(self) -> dict[str, Any]:
        """The rule as an object of the JSON report."""
        shown = [each.as_json() for each in self.evidence]
        return {
            "id": self.id,
            "source": self.rule.source,
            "status": str(self.status),
            "why": self.why,
            "evidence": shown,
            "findings": [flaw.as_json() for flaw in self.flaws],
        }
