"""The kit's conformance run against a mutant."""

from __future__ import annotations

from tests.broken.serving import serving
from workerkit.contracts.conformance import conform
from workerkit.contracts.page.rules import RuleStatus
from workerkit.contracts.report.report import Report
from workerkit.contracts.target.plan import Plan

# Requests enough for the whole tour.
TOUR = 160


def trial(name: str, *, most: int | None = None) -> Report:
    """What a run of at most so many requests says of the mutant of a name."""
    with serving(name) as target:
        return conform(target, Plan(max_requests=most))


def found(report: Report) -> list[str]:
    """The rules that are broken."""
    return [each.id for each in report.of(RuleStatus.BROKEN)]
