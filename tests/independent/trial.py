"""The kit's conformance run against this server."""

from __future__ import annotations

from tests.independent.choices import Choices
from tests.independent.fault import Fault
from tests.independent.running import SOUND, running
from workerkit.contracts.conformance import conform
from workerkit.contracts.page.rules import RuleStatus
from workerkit.contracts.report.report import Report
from workerkit.contracts.target.plan import Plan, Writes
from workerkit.contracts.target.target import Target

# Requests enough for the whole tour, and for a part of what the engine generates as well.
TOUR = 160
SHORT = 500


def trial(choices: Choices = SOUND, fault: Fault | None = None, *, most: int | None = None) -> Report:
    """What a run of at most so many requests says of a fresh server, with everything that widens the run."""
    with running(choices, fault) as server:
        seeded = server.seeded
        target = Target(
            server.base_url,
            seeded.api_key,
            seeded.other_api_key,
            seeded.inactive_api_key,
            seeded.account_id,
        )
        return conform(target, Plan(Writes.ALL, max_requests=most))


def findings(report: Report) -> dict[str, str]:
    """The broken rules, each with what is wrong."""
    return {each.id: each.why for each in report.of(RuleStatus.BROKEN)}
