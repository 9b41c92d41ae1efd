"""Decides from the ledger whether a rule is kept, broken or untested."""

from __future__ import annotations

import re

from workerkit.contracts.page.lenient_spec import enum_values
from workerkit.contracts.page.rules import RuleStatus, ServerRule
from workerkit.contracts.report.evidence import evidence_of
from workerkit.contracts.report.rule_report import RuleFlaw, RuleReport
from workerkit.contracts.run.ledger import Finding, Ledger
from workerkit.contracts.target.target import Target
from workerkit.openapi.masking.mask import Mask

# The maximum number of findings in the report of one rule.
MAX_FINDINGS = 3
_STATUSES = "|".join(enum_values("TaskStatus"))
# Two findings have the same cause if their messages differ only in ids, numbers, statuses and quoted values.
_VARYING_PARTS = re.compile(rf"[0-9a-f-]{{36}}|\d+|\b(?:{_STATUSES})\b|'[^']*'|\"[^\"]*\"")

_NEVER_TESTED = (
    "no request of this run tested this rule: allow more requests or more time, and add tasks to the server"
)


def judge_rule(
    rule: ServerRule, ledger: Ledger, target: Target, mask: Mask, untested_reason: str
) -> RuleReport:
    """The report of one rule.

    untested_reason: the reason of every untested rule that has no other reason, or an empty text.
    """
    findings = distinct_findings(rule.id, ledger)
    if findings:
        return _broken_rule(rule, findings, target, mask)
    if rule.id in ledger.kept_rules:
        return RuleReport(rule, RuleStatus.KEPT, "")
    why = ledger.untested_reasons.get(rule.id) or untested_reason or _NEVER_TESTED
    return RuleReport(rule, RuleStatus.UNTESTED, why)


def distinct_findings(rule_id: str, ledger: Ledger) -> list[Finding]:
    """The findings of a rule, only one for each cause: the finding with the fewest exchanges."""
    found: dict[tuple[str | None, str], Finding] = {}
    for finding in ledger.findings:
        if finding.rule == rule_id:
            operation = finding.exchanges[-1].operation if finding.exchanges else None
            cause = (operation, _VARYING_PARTS.sub("", finding.message))
            known_finding = found.setdefault(cause, finding)
            if len(finding.exchanges) < len(known_finding.exchanges):
                found[cause] = finding
    return list(found.values())


def _broken_rule(rule: ServerRule, findings: list[Finding], target: Target, mask: Mask) -> RuleReport:
    reported = findings[:MAX_FINDINGS]
    more = len(findings) - len(reported)
    flaws = tuple(
        RuleFlaw(mask.text(finding.message), tuple(exchange.number for exchange in finding.exchanges))
        for finding in reported
    )
    why = "; ".join(flaw.message for flaw in flaws) + (f" (and {more} more)" if more else "")
    exchanges = {exchange.number: exchange for finding in reported for exchange in finding.exchanges}
    evidence = tuple(evidence_of(exchanges[number], target, mask) for number in sorted(exchanges))
    return RuleReport(rule, RuleStatus.BROKEN, why, evidence, flaws, more)
