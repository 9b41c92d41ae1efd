"""What becomes of each rule: from all that was noted of it to what a report says of it."""

from __future__ import annotations

import re

from workerkit.contracts.page.lenient_spec import enumeration
from workerkit.contracts.page.rules import RuleStatus, ServerRule
from workerkit.contracts.report.evidence import show
from workerkit.contracts.report.rule_report import RuleFlaw, RuleReport
from workerkit.contracts.run.ledger import Finding, Ledger
from workerkit.contracts.target.target import Target
from workerkit.openapi.masking.mask import Mask

MOST_SHOWN = 3
# What differs between two findings of one cause: ids, numbers, statuses, and the values that were tried.
_STATUSES = "|".join(enumeration("TaskStatus"))
_CHANCE = re.compile(rf"[0-9a-f-]{{36}}|\d+|\b(?:{_STATUSES})\b|'[^']*'|\"[^\"]*\"")

_NOTHING = (
    "no request of this run puts it to the test: give the run more requests or time, and the server tasks"
)


def judged(rule: ServerRule, ledger: Ledger, target: Target, mask: Mask, ended: str) -> RuleReport:
    """The rule with what became of it; `ended` is why the run ended early, or nothing."""
    findings = causes(rule.id, ledger)
    if findings:
        return _broken(rule, findings, target, mask)
    if rule.id in ledger.held:
        return RuleReport(rule, RuleStatus.KEPT, "")
    why = ledger.excuses.get(rule.id) or ended or _NOTHING
    return RuleReport(rule, RuleStatus.UNTESTED, why)


def causes(rule: str, ledger: Ledger) -> list[Finding]:
    """The findings of a rule, of each cause the one that took the fewest exchanges."""
    found: dict[tuple[str | None, str], Finding] = {}
    for finding in ledger.findings:
        if finding.rule == rule:
            operation = finding.exchanges[-1].operation if finding.exchanges else None
            cause = (operation, _CHANCE.sub("", finding.message))
            known = found.setdefault(cause, finding)
            if len(finding.exchanges) < len(known.exchanges):
                found[cause] = finding
    return list(found.values())


def _broken(rule: ServerRule, findings: list[Finding], target: Target, mask: Mask) -> RuleReport:
    shown = findings[:MOST_SHOWN]
    more = len(findings) - len(shown)
    flaws = tuple(
        RuleFlaw(mask.text(each.message), tuple(exchange.number for exchange in each.exchanges))
        for each in shown
    )
    why = "; ".join(flaw.message for flaw in flaws) + (f" (and {more} more)" if more else "")
    exchanges = {exchange.number: exchange for each in shown for exchange in each.exchanges}
    evidence = tuple(show(exchanges[number], target, mask) for number in sorted(exchanges))
    return RuleReport(rule, RuleStatus.BROKEN, why, evidence, flaws, more)
