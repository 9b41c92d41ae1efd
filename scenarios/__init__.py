"""Scenarios that test a worker, and the rules that judge its run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workerkit.lazy_names import lazy_names

__all__ = ["Scenario", "judge", "load"]

if TYPE_CHECKING:
    from workerkit.scenarios.library.library import find as load
    from workerkit.scenarios.model.scenario import Scenario
    from workerkit.scenarios.rules.judge import judge
else:
    __getattr__ = lazy_names(
        globals(),
        {
            "Scenario": "workerkit.scenarios.model.scenario:Scenario",
            "judge": "workerkit.scenarios.rules.judge:judge",
            "load": "workerkit.scenarios.library.library:find",
        },
    )
