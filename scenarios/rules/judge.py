"""Judges a run: finds every rule that the worker broke."""

from __future__ import annotations

from dataclasses import dataclass, replace

from workerkit.openapi.formats.steps import Steps, finish
from workerkit.openapi.masking.mask import Mask
from workerkit.scenarios.model.scenario import Scenario
from workerkit.scenarios.rules import RULES
from workerkit.scenarios.rules.rule import Rule
from workerkit.scenarios.run_record.run import Run
from workerkit.scenarios.run_record.violation import Violation


@dataclass(frozen=True, slots=True)
class UnjudgedRule:
    """A rule of the scenario that the run had no occasion to break.

    rule: the id of the rule.
    why: why there was no occasion, for example `no request was answered 401`.
    """

    rule: str
    why: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """The verdict on one run.

    scenario: the name of the scenario.
    passed: True if the worker broke no rule.
    broken: the violations of rules, in the order of `RULES`.
    not_judged: the rules that the run had no occasion to break, in the order of `RULES`.
    """

    scenario: str
    passed: bool
    broken: tuple[Violation, ...]
    not_judged: tuple[UnjudgedRule, ...] = ()


def judge(run: Run) -> Verdict:
    """Checks the run with the rules of its scenario and returns the verdict.

    If the run was ended early because it had failed, the rules that the worker could still keep are not
    checked.
    """
    return finish(judge_in_steps(run))


def judge_in_steps(run: Run) -> Steps[Verdict]:
    """Does the same as `judge`, one rule in each step."""
    violations, not_judged = list[Violation](), list[UnjudgedRule]()
    for rule in _checked_rules(run):
        yield
        judged = _judged(run, rule)
        found = list(rule.check(judged))
        violations += found
        if not found and not rule.had_occasion(judged):
            not_judged.append(UnjudgedRule(rule.id, rule.why_not_judged(judged)))
    return Verdict(run.scenario.name, not violations, tuple(violations), tuple(not_judged))


def has_failed(run: Run) -> bool:
    """Whether the worker has broken a rule in a way that it cannot mend any more."""
    so_far = replace(run, ended_by="failed")
    return any(rule.check(_judged(so_far, rule)) for rule in _checked_rules(so_far))


def _checked_rules(run: Run) -> list[Rule]:
    return [rule for rule in rules_of(run.scenario) if run.ended_by != "failed" or not rule.can_be_mended]


def _judged(run: Run, rule: Rule) -> Run:
    """Returns the part of the run that the rule judges."""
    return run.with_leaving if rule.judges_leaving else run


def rules_of(scenario: Scenario) -> tuple[Rule, ...]:
    """Returns the rules that are checked in a scenario, with its parameters, in the order of `RULES`.

    These are the rules that the scenario expects, and all general rules that the scenario does not waive.
    """
    expected = {expectation.rule: expectation.parameters for expectation in scenario.expect}
    waived = {waiver.rule for waiver in scenario.waive}
    checked = (
        rule for rule in RULES.values() if rule.id in expected or (rule.general and rule.id not in waived)
    )
    return tuple(rule(**expected.get(rule.id, {})) for rule in checked)


def masked(verdict: Verdict, mask: Mask) -> Verdict:
    """Returns the verdict without secrets. A message can contain a key, for example in a path."""
    violations = (replace(violation, fact=mask.text(violation.fact)) for violation in verdict.broken)
    return replace(verdict, broken=tuple(violations))
