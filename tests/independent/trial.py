"""Runs the conformance tests of the kit against this server."""

from __future__ import annotations

from tests.independent.choices import Choices
from tests.independent.fault import Fault
from tests.independent.running import CORRECT_CHOICES, running
from workerkit.contracts.conformance import conform
from workerkit.contracts.page.rules import RuleStatus
from workerkit.contracts.report.report import Report
from workerkit.contracts.target.plan import Plan, Writes
from workerkit.contracts.target.target import Target

# Enough requests for all scripted tests, and for these and some random tests.
SCRIPT_REQUESTS = 200
MORE_REQUESTS = 500


def trial(
    choices: Choices = CORRECT_CHOICES, fault: Fault | None = None, *, most: int | None = None
) -> Report:
    """Returns the report of a conformance run against a new server, with all keys and all writes allowed.

    most: the highest number of requests. None for no limit.
    """
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
    """Returns the ids of the broken rules, each with its message."""
    return {rule.id: rule.why for rule in report.with_status(RuleStatus.BROKEN)}
