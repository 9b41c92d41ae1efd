"""Conformance tests: they send HTTP requests to a Worker API server and check its answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workerkit.lazy_names import lazy_names

__all__ = ["Plan", "Report", "Target", "conform"]

if TYPE_CHECKING:
    from workerkit.contracts.conformance import conform
    from workerkit.contracts.report.report import Report
    from workerkit.contracts.target.plan import Plan
    from workerkit.contracts.target.target import Target
else:
    __getattr__ = lazy_names(
        globals(),
        {
            "Plan": "workerkit.contracts.target.plan:Plan",
            "Report": "workerkit.contracts.report.report:Report",
            "Target": "workerkit.contracts.target.target:Target",
            "conform": "workerkit.contracts.conformance:conform",
        },
    )
