"""One run for all processes: only one sends requests, and the others wait for its results."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from tests.contracts.report.test_text import report
from workerkit.cli.conform_run import ConformRun
from workerkit.cli.pytest_conform.rule_result import RuleOutcome, RuleResult, RunResults, results_of
from workerkit.cli.pytest_conform.shared_run import SharedRun
from workerkit.contracts.gate.gate import EndCause
from workerkit.contracts.page.rules import RULES, RuleStatus
from workerkit.contracts.report.report import Report
from workerkit.contracts.report.rule_report import RuleFlaw, RuleReport
from workerkit.contracts.run.preflight import TargetUnreachableError
from workerkit.contracts.target.plan import Plan
from workerkit.contracts.target.target import Target

TARGET = Target("http://host/api/v1/worker", "key-one")


class FakeRun:
    """Takes the place of a run. It counts how often it was started."""

    def __init__(self, act: Callable[[], Report]) -> None:
        self.count, self._act = 0, act

    def run(self, target: Target, plan: Plan, *, say: Callable[[str], None]) -> Report:
        self.count += 1
        say("The sandbox has 3 tasks.")
        return self._act()


def shared(fake: FakeRun, folder: Path | None) -> SharedRun:
    return SharedRun(cast(ConformRun, fake), TARGET, Plan(), folder)


def outcomes(results: RunResults) -> set[RuleOutcome]:
    return {result.outcome for result in results.rules.values()}


def rule(rule_id: str, status: RuleStatus, why: str) -> RuleReport:
    found = next(rule for rule in RULES if rule.id == rule_id)
    flaws = (RuleFlaw(why, ()),) if status is RuleStatus.BROKEN else ()
    return RuleReport(found, status, why, (), flaws)


def test_the_run_is_done_once_and_several_processes_have_equal_results(tmp_path: Path) -> None:
    both_ask = threading.Barrier(2)
    fake = FakeRun(report)

    def ask() -> RunResults:
        both_ask.wait(120)
        return shared(fake, tmp_path).results()

    with ThreadPoolExecutor(2) as pool:
        first, second = [future.result(120) for future in [pool.submit(ask), pool.submit(ask)]]
    assert fake.count == 1
    assert first == second
    assert set(first.rules) == {rule.id for rule in RULES}
    assert first.summary[0] == "The sandbox has 3 tasks."


def test_without_a_folder_the_run_is_done_once(tmp_path: Path) -> None:
    fake = FakeRun(report)
    run = shared(fake, None)
    assert run.known_results() is None
    assert run.results() is run.results() is run.known_results()
    assert fake.count == 1


def test_after_a_process_that_was_lost_nothing_is_sent_again(tmp_path: Path) -> None:
    def lost() -> Report:
        raise SystemExit

    with pytest.raises(SystemExit):
        shared(FakeRun(lost), tmp_path).results()
    fake = FakeRun(report)
    results = shared(fake, tmp_path).results()
    assert fake.count == 0
    assert outcomes(results) == {RuleOutcome.ERROR}
    assert "tasks of the sandbox may not have their old values" in results.rules["list"].text


def test_a_run_that_cannot_begin_is_an_error_of_each_rule() -> None:
    def unreachable() -> Report:
        raise TargetUnreachableError("GET /tasks got no answer: check --api-key")

    results = shared(FakeRun(unreachable), None).results()
    assert set(results.rules.values()) == {
        RuleResult(RuleOutcome.ERROR, "GET /tasks got no answer: check --conform-api-key")
    }


def test_a_defect_of_the_kit_is_an_error_of_each_rule(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def fails() -> Report:
        raise ZeroDivisionError

    results = shared(FakeRun(fails), None).results()
    assert outcomes(results) == {RuleOutcome.ERROR}
    assert "an error in workerkit itself, not a finding" in results.rules["list"].text


def test_each_status_of_a_rule_has_its_outcome() -> None:
    tested = report(
        list=rule("list", RuleStatus.BROKEN, "no data"),
        logs=rule("logs", RuleStatus.UNTESTED, "needs --writes all"),
    )
    results = results_of(tested, [])
    assert results.rules["list"].outcome is RuleOutcome.FAILED
    message, hint, page = results.rules["list"].text.split("\n", 2)
    assert (message, hint.endswith("workerkit rule show list")) == ("no data", True)
    assert page.startswith("The API page says: ")
    assert results.rules["logs"] == RuleResult(RuleOutcome.SKIPPED, "needs --conform-writes all")
    assert results.rules["update"] == RuleResult(RuleOutcome.PASSED)
    assert RunResults.of_json(results.as_json()) == results


@pytest.mark.parametrize("cause", [EndCause.TARGET, EndCause.KIT])
def test_if_the_target_ended_the_run_no_rule_passes(cause: EndCause) -> None:
    ended: dict[str, Any] = {"end_cause": cause, "end_reason": "the target gave no answer"}
    tested = replace(report(list=rule("list", RuleStatus.BROKEN, "no data")), **ended)
    results = results_of(tested, [])
    assert results.rules["list"].outcome is RuleOutcome.FAILED
    assert results.rules["logs"] == RuleResult(
        RuleOutcome.ERROR, "The run ended early: the target gave no answer."
    )
    assert outcomes(results) == {RuleOutcome.FAILED, RuleOutcome.ERROR}


def test_a_limit_of_the_plan_is_no_error() -> None:
    tested = replace(report(), end_cause=EndCause.BOUND, end_reason="as --max-requests says")
    assert outcomes(results_of(tested, [])) == {RuleOutcome.PASSED}


def test_an_interrupted_run_says_so() -> None:
    tested = replace(report(), end_cause=EndCause.PERSON, end_reason="the run was interrupted")
    assert results_of(tested, []).was_interrupted
