"""The judge: how a worker did in a scenario."""

from __future__ import annotations

from dataclasses import dataclass, replace

from workerkit.openapi.masking.mask import Mask
from workerkit.scenarios.model.scenario import Scenario
from workerkit.scenarios.rules import RULES, Rule
from workerkit.scenarios.run_record.run import Run
from workerkit.scenarios.run_record.violation import Violation


@dataclass(frozen=True, slots=True)
class Verdict:
    """The judgement of one run: the scenario's name, and every rule broken, in a fixed order."""

    scenario: str
    passed: bool
    broken: tuple[Violation, ...]


def judge(run: Run) -> Verdict:
    """The verdict on a run: its scenario's rules and all general ones, each applied to the whole run."""
    broken = tuple(finding for rule in rules_of(run.scenario) for finding in rule.check(run))
    return Verdict(run.scenario.name, not broken, broken)


def rules_of(scenario: Scenario) -> tuple[Rule, ...]:
    """The rules that hold in a scenario, with the parameters that it sets, in the order of the register."""
    expected = {each.rule: each.parameters for each in scenario.expect}
    waived = {each.rule for each in scenario.waive}
    held = (
        rule for rule in RULES.values() if rule.id in expected or (rule.general and rule.id not in waived)
    )
    return tuple(rule(**expected.get(rule.id, {})) for rule in held)


def masked(verdict: Verdict, mask: Mask) -> Verdict:
    """The verdict without secrets, such as a key in a path that a message names."""
    broken = (replace(each, message=mask.text(each.message)) for each in verdict.broken)
    return replace(verdict, broken=tuple(broken))
