"""The kit's conformance run against a mutant."""

from __future__ import annotations

from tests.broken.serving import serving
from workerkit.contracts.conformance import conform
from workerkit.contracts.plan import Plan
from workerkit.contracts.rules import Status

# Requests enough for the whole tour.
TOUR = 160


def found_by(name: str, *, most: int | None = None) -> frozenset[str]:
    """The rules that a run of at most so many requests finds broken by the mutant of a name."""
    with serving(name) as target:
        report = conform(target, Plan(max_requests=most))
    return frozenset(each.id for each in report.of(Status.BROKEN))
