"""Each bad snippet in Node breaks its rule, and each good one breaks no rule.

Without --long-blocks, only one snippet of each group is tried.
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from tests.scenarios.mending.small_worker import source_with
from tests.scenarios.mending.trials import TrialPlan, plans
from workerkit.mockserver.trials.trial import try_worker
from workerkit.scenarios.library import library
from workerkit.scenarios.model.scenario import Scenario
from workerkit.scenarios.model.until import Until

SHORT = (
    "process-not-crashed",
    "left-alone-after-403",
    "log-levels",
    "failed-with-message",
    "running-before-end",
)
MOST_TRIALS = 3
TIME_LIMIT = 60.0

pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="Node.js is missing")


def scenario_of(plan: TrialPlan) -> Scenario:
    """The small world, until the worker exits. For two workers, a scenario that starts the second one."""
    if plan.copies > 1:
        return library.find("two-at-once")
    until = Until(quiet=TIME_LIMIT)
    return replace(plan.scenario, until=until)


def broken_rules(rule: str, version: str, folder: Path) -> set[str]:
    plan = plans()[rule]
    path = folder / f"{version}.js"
    logs = f'for (let i = 0; i < {plan.logs}; i++) logs.push({{ level: "INFO", message: "earlier" }});\n'
    path.write_text(source_with(rule, "node", version).replace("\nmain();\n", f"\n{logs}main();\n"), "utf-8")
    settings = [f"{name}={value}" for name, value in plan.settings.items()]
    trial = try_worker(
        scenario_of(plan),
        ["env", *settings, "node", str(path)],
        time_limit=plan.longest or TIME_LIMIT,
        heartbeat_interval=plan.heartbeat,
    )
    return {violation.rule for violation in trial.verdict.broken}


@pytest.mark.parametrize(
    "rule", [pytest.param(rule, marks=[] if rule in SHORT else [pytest.mark.long]) for rule in plans()]
)
def test_the_bad_snippet_breaks_its_rule_and_the_good_one_breaks_none(rule: str, tmp_path: Path) -> None:
    assert any(rule in broken_rules(rule, "bad", tmp_path) for _ in range(MOST_TRIALS))
    assert broken_rules(rule, "good", tmp_path) == set()
