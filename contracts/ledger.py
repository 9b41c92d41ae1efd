"""What has been found out so far, rule by rule."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from workerkit.contracts.rules import RULE_IDS
from workerkit.openapi.exchange import Exchange


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule broken: what was expected and seen, and the exchanges that show it."""

    rule: str
    message: str
    exchanges: tuple[Exchange, ...]


@dataclass(slots=True)
class Ledger:
    """The one owner of a run's findings. Raises KeyError for a rule that the catalogue does not have."""

    findings: list[Finding] = field(default_factory=list)
    held: set[str] = field(default_factory=set)
    excuses: dict[str, str] = field(default_factory=dict)
    seen: dict[str, str] = field(default_factory=dict)

    def hold(self, rule: str) -> None:
        """Notes that a check of the rule found nothing wrong."""
        self.held.add(_known(rule))

    def fail(self, rule: str, message: str, exchanges: Iterable[Exchange]) -> None:
        """Notes that the rule was broken."""
        self.findings.append(Finding(_known(rule), message, tuple(exchanges)))

    def judge(self, rule: str, flaw: str | None, *exchanges: Exchange) -> None:
        """Notes a check's outcome: what is wrong, or None where nothing is."""
        if flaw is None:
            self.hold(rule)
        else:
            self.fail(rule, flaw, exchanges)

    def excuse(self, rule: str, why: str) -> None:
        """Notes why the rule could not be tested; the first reason stands."""
        self.excuses.setdefault(_known(rule), why)

    def see(self, silence: str, value: str) -> None:
        """Notes the value of a silence; the first seen stands."""
        self.seen.setdefault(silence, value)


def _known(rule: str) -> str:
    if rule not in RULE_IDS:
        raise KeyError(rule)
    return rule
