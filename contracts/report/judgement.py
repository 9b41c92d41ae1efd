"""Decides from the ledger whether a rule is kept, broken or untested."""

from __future__ import annotations

from workerkit.contracts.page.rules import RuleStatus, ServerRule
from workerkit.contracts.report.cause import distinct_findings
from workerkit.contracts.report.evidence import evidence_of
from workerkit.contracts.report.rule_report import RuleFlaw, RuleReport
from workerkit.contracts.run.ledger import Finding, Ledger
from workerkit.contracts.target.target import Target
from workerkit.openapi.languages.phrase import joined, phrase
from workerkit.openapi.masking.mask import Mask

# The maximum number of findings in the report of one rule.
MAX_FINDINGS = 20

_NEVER_TESTED = phrase(
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


def _broken_rule(rule: ServerRule, findings: list[Finding], target: Target, mask: Mask) -> RuleReport:
    reported = findings[:MAX_FINDINGS]
    more = len(findings) - len(reported)
    flaws = tuple(
        RuleFlaw(mask.text(finding.message), tuple(exchange.number for exchange in finding.exchanges))
        for finding in reported
    )
    why = joined("; ", (flaw.message for flaw in flaws))
    why += phrase(" (and {count} more)", count=more) if more else ""
    exchanges = {exchange.number: exchange for finding in reported for exchange in finding.exchanges}
    evidence = tuple(evidence_of(exchanges[number], target, mask) for number in sorted(exchanges))
    return RuleReport(rule, RuleStatus.BROKEN, why, evidence, flaws, more)
