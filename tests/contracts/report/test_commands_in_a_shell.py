"""The curl commands of a report, run by a shell: each gets the reported status."""

from __future__ import annotations

import os
import re
import shutil
import subprocess

import pytest

from tests.broken.serving import serving
from workerkit.contracts.conformance import conform
from workerkit.contracts.target.plan import Plan

# Faults whose wrong answers do not depend on what was sent before.
FAULTS = ("bulk-takes-501", "update-takes-any-status", "list-is-open")


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize("fault", FAULTS)
def test_each_command_of_a_report_gets_the_reported_status(fault: str) -> None:
    with serving(fault) as target:
        report = conform(target, Plan(max_requests=200))
        environment = {
            **os.environ,
            "LIKEPION_API_KEY": target.api_key,
            "LIKEPION_OTHER_API_KEY": target.other_api_key or "",
            "LIKEPION_INACTIVE_API_KEY": target.inactive_api_key or "",
        }
        evidence = [item for rule in report.rules for item in rule.evidence]
        assert evidence
        for item in evidence:
            printed = subprocess.run(
                ["bash", "-c", f"{item.curl} --silent"], env=environment, capture_output=True, check=True
            )
            statuses = re.findall(rb"HTTP/1.1 (\d+)", printed.stdout)
            assert [int(status) for status in statuses if status != b"100"] == [item.status], item.curl
