"""The kit's conformance run against a mutant."""

from __future__ import annotations

from tests.broken.serving import serving
from workerkit.contracts.conformance import conform
from workerkit.contracts.plan import Plan
from workerkit.contracts.report import Report
from workerkit.contracts.rules import Status

# Requests enough for the whole tour.
TOUR = 160


def trial(name: str, *, most: int | None = None) -> Report:
    """What a run of at most so many requests says of the mutant of a name."""
    with serving(name) as target:
        return conform(target, Plan(max_requests=most))


def found(report: Report) -> list[str]:
    """The rules that are broken."""
    return [each.id for each in report.of(Status.BROKEN)]
