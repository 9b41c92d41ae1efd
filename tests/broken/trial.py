"""Runs the conformance tests of the kit against a mutant."""

from __future__ import annotations

from tests.broken.serving import serving
from workerkit.contracts.conformance import conform
from workerkit.contracts.page.rules import RuleStatus
from workerkit.contracts.report.report import Report
from workerkit.contracts.target.plan import Plan

# Enough requests for all scripted tests.
SCRIPT_REQUESTS = 200


def trial(name: str, *, most: int | None = None) -> Report:
    """Returns the report of a conformance run against a mutant.

    name: the id of the mutant.
    most: the highest number of requests. None for no limit.
    """
    with serving(name) as target:
        return conform(target, Plan(max_requests=most))


def broken_rules(report: Report) -> list[str]:
    """Returns the ids of the broken rules."""
    return [rule.id for rule in report.with_status(RuleStatus.BROKEN)]
