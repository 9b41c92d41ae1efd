"""Conformance of a FastAPI server that its author wrote from the API page alone."""

from __future__ import annotations

import pytest

from tests.sampling import sampled
from tests.servers.running import running
from tests.servers.stacks import stack
from workerkit.contracts.conformance import conform
from workerkit.contracts.page.rules import RuleStatus
from workerkit.contracts.report.report import Report
from workerkit.contracts.target.plan import Plan

# Enough for the scripted requests and the probes.
SCRIPT_REQUESTS = 200


def report_on(*variants: str, fault: str = "", max_requests: int | None = None) -> Report:
    with running(stack("fastapi"), variants, fault) as target:
        return conform(target, Plan(max_requests=max_requests))


@pytest.mark.long
def test_nothing_is_found_on_the_correct_server_with_at_most_1000_requests() -> None:
    report = report_on()
    assert [rule.why for rule in report.rules if rule.status is not RuleStatus.KEPT] == []
    assert report.requests <= 1000


@pytest.mark.parametrize(
    ("fault", "rule"),
    sampled(
        [
            ("put-no-owner-check", "update-own-only"),
            ("bulk-limit-501", "bulk"),
            ("total-ignores-filter", "list-total"),
        ],
        every=3,
        unpack=True,
    ),
)
def test_a_planted_fault_is_found(fault: str, rule: str) -> None:
    report = report_on(fault=fault, max_requests=SCRIPT_REQUESTS)
    assert any(rule in cause.rules for cause in report.causes)
    if fault == "put-no-owner-check":
        assert len(report.causes) == 1
