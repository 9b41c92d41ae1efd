"""Causes: the rules that one mistake of a worker breaks, in all scenarios, are one cause."""

from __future__ import annotations

from dataclasses import replace

import pytest

from workerkit.mockserver.reports.timeline import Timeline
from workerkit.mockserver.trials.trial import Trial
from workerkit.mockserver.trials.trial_cause import trial_causes
from workerkit.openapi.masking.mask import Mask
from workerkit.scenarios.model.scenario import Expectation, Scenario
from workerkit.scenarios.model.world_plan import ServerPlan, WorldPlan
from workerkit.scenarios.rules.judge import Verdict
from workerkit.scenarios.run_record.run import Run
from workerkit.scenarios.run_record.violation import Violation

WORLD = WorldPlan((ServerPlan("server-01"),), ())


def trial(name: str, *violations: Violation, output: str = "", expect: tuple[str, ...] = ()) -> Trial:
    scenario = Scenario(name, "", "", WORLD, expect=tuple(map(Expectation, expect)))
    run = Run(scenario, (), (), (), 0, "exit", "server-01", "server-01-key")
    verdict = Verdict(name, not violations, violations)
    return Trial(verdict, run, 1.0, 10, (), output, (), Timeline(0.0, (), (), 0, ()), Mask((), salt=b""))


def found(*trials: Trial) -> list[tuple[str, list[str], dict[str, list[str]]]]:
    """For each cause: its rule, the scenarios that fail, and the scenarios of each rule that follows."""
    return [
        (
            cause.violation.rule,
            [trial.verdict.scenario for trial in cause.trials],
            {rule: [trial.verdict.scenario for trial in trials] for rule, trials in cause.followers.items()},
        )
        for cause in trial_causes(trials)
    ]


def test_the_same_mistake_in_several_scenarios_is_one_cause() -> None:
    violations = [
        Violation("heartbeat-sent", f"It sent no heartbeat in {count} requests.") for count in (3, 40)
    ]
    assert found(trial("day", violations[0]), trial("noon"), trial("night", violations[1])) == [
        ("heartbeat-sent", ["day", "night"], {})
    ]


def test_the_cause_that_fails_the_most_scenarios_is_the_first() -> None:
    beat, pause = Violation("heartbeat-sent", "No heartbeat."), Violation("pause-on-401", "No pause.")
    causes = found(trial("day", pause), trial("noon", beat), trial("night", beat))
    assert [cause[0] for cause in causes] == ["heartbeat-sent", "pause-on-401"]


def test_a_rule_that_is_broken_only_with_another_follows_from_it() -> None:
    beat = Violation("heartbeat-sent", "None.")
    gap = Violation("heartbeat-regular", "A gap.", follows_from=("heartbeat-sent",))
    assert found(trial("day", gap, beat), trial("night", gap)) == [
        ("heartbeat-sent", ["day"], {"heartbeat-regular": ["day"]}),
        ("heartbeat-regular", ["night"], {}),
    ]


def test_a_rule_can_follow_from_a_rule_that_follows_from_another() -> None:
    trouble = Violation("goes-on-after-trouble", "It ended.")
    running = Violation("none-left-running", "One runs.", follows_from=("goes-on-after-trouble",))
    left = Violation("tasks-ended", "Two are left.", follows_from=("none-left-running",))
    ((rule, _, followers),) = found(trial("day", left, running, trouble))
    assert (rule, set(followers)) == ("goes-on-after-trouble", {"none-left-running", "tasks-ended"})


@pytest.mark.parametrize(
    ("first", "second", "count"),
    [
        ("Traceback ...\nKeyError: 'data'", "Traceback ...\nKeyError: 'id'\nbye", 1),
        ("Traceback ...\nKeyError: 'data'", "Traceback ...\nTimeoutError: timed out", 2),
        (
            "TypeError: x is undefined\n    at f\n\nNode.js v20.1",
            "TypeError: y\n    at g\n\nNode.js v20.1",
            1,
        ),
        ("", "", 1),
    ],
)
def test_crashes_have_the_same_cause_if_they_end_with_the_same_kind_of_error(
    first: str, second: str, count: int
) -> None:
    crash = Violation("process-not-crashed", "It exited with code 1.")
    assert len(found(trial("day", crash, output=first), trial("night", crash, output=second))) == count


def test_the_evidence_comes_from_a_scenario_that_is_about_the_rule_and_is_short() -> None:
    long, short = Violation("pause-on-401", "No.", (1, 2)), Violation("pause-on-401", "No.", (1,))
    (cause,) = trial_causes([trial("day", long), trial("night", short)])
    assert cause.trial.verdict.scenario == "night"
    (cause,) = trial_causes([trial("day", long, expect=("pause-on-401",)), trial("night", short)])
    assert (cause.trial.verdict.scenario, cause.violation) == ("day", long)


def test_a_longer_run_is_worse_evidence() -> None:
    beat = Violation("heartbeat-sent", "No heartbeat.")
    (cause,) = trial_causes([replace(trial("day", beat), requests=99), trial("night", beat)])
    assert cause.trial.verdict.scenario == "night"
