"""The report of trials, as a `CommandReport` and as JSON. Neither contains secrets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.metadata import version
from itertools import groupby
from typing import Any

from workerkit.mockserver.reports.report import Case, CommandReport, Outcome, ReportFinding
from workerkit.mockserver.trials.trial import Trial
from workerkit.openapi.formats.timestamp import time_text
from workerkit.scenarios.library import library
from workerkit.scenarios.model.scenario import Scenario
from workerkit.scenarios.run_record.run import EndedBy, Run
from workerkit.scenarios.run_record.violation import Violation

_NO_REQUEST = (
    "The worker sent no request. It must read these environment variables: LIKEPION_BASE_URL (the URL of the "
    "API), LIKEPION_API_KEY (the API key) and LIKEPION_SERVER_NAME (the name of its server). You can also "
    "write {base_url} and {api_key} in the command: they are replaced."
)

_IN_BACKGROUND = (
    "The scenario ended because the command exited. If the worker runs in the background, configure it to "
    "stay in the foreground."
)


_NOT_WAITED_FOR: dict[EndedBy, str] = {
    "idle": (
        "The worker had open tasks, and for half of the time limit it only read the list. So the scenario "
        "was ended before the time limit. If the worker only needs more time, set a longer --time-limit."
    ),
    "failed": (
        "The worker had failed already and only read the list. So the scenario was ended before the time "
        "limit, and rules that the worker could still keep were not checked."
    ),
}


def as_json(trials: Sequence[Trial]) -> dict[str, Any]:
    """Returns the verdicts of all trials as JSON."""
    return {
        "verdict": _outcome(trials),
        "scenarios": [
            {
                "name": trial.verdict.scenario,
                "verdict": _outcome([trial]),
                "seconds": round(trial.seconds, 3),
                "broken": [
                    {
                        "rule": violation.rule,
                        "message": violation.message,
                        "exchanges": list(violation.exchanges),
                    }
                    for violation in trial.verdict.broken
                ],
                "not_judged": [
                    {"rule": not_judged.rule, "why": not_judged.why}
                    for not_judged in trial.verdict.not_judged
                ],
            }
            for trial in trials
        ],
    }


def report_of(trials: Sequence[Trial], *, began: float, seconds: float, not_run: int = 0) -> CommandReport:
    """Returns the report of all trials.

    began: when the first trial began, in seconds since 1970.
    seconds: how long all trials took together.
    not_run: how many scenarios were left out, because the run ended at the first failure.
    """
    made = f"{time_text(began)}, workerkit {version('likepion-workerkit')}"
    return CommandReport(
        "workerkit exec", _summary(trials, not_run), seconds, tuple(map(case_of, trials)), (made,)
    )


def case_of(trial: Trial) -> Case:
    """Returns one trial as a case of a report."""
    return Case(
        name=trial.verdict.scenario,
        outcome=_outcome([trial]),
        title=trial.run.scenario.title,
        seconds=trial.seconds,
        requests=trial.requests,
        findings=tuple(_finding(trial, violation) for violation in trial.verdict.broken),
        notes=tuple(_notes(trial)),
        output=trial.output,
        timeline=trial.timeline,
    )


def _summary(trials: Sequence[Trial], not_run: int) -> str:
    passed = sum(trial.verdict.passed for trial in trials)
    failed = [trial.verdict.scenario for trial in trials if not trial.verdict.passed]
    tail = f"; failed: {', '.join(failed)}" if failed else ""
    rest = f"; {not_run} were not run" if not_run else ""
    return f"worker verdict: {_outcome(trials)} ({passed} of {len(trials)} scenarios passed{tail}{rest})"


def _finding(trial: Trial, violation: Violation) -> ReportFinding:
    lines = dict(
        zip((exchange.number for exchange in trial.run.with_leaving.exchanges), trial.lines, strict=True)
    )
    kept = [(number, lines[number]) for number in violation.exchanges if number in lines]
    report_lines = tuple(_line(numbers, trial.run, line) for line, numbers in _grouped(kept))
    missing = len(violation.exchanges) - len(kept)
    return ReportFinding(violation.rule, violation.message, report_lines, missing)


def _grouped(lines: list[tuple[int, str]]) -> Iterator[tuple[str, list[int]]]:
    """Groups equal lines of exchanges that follow each other.

    Returns one line for each group, with the exchange numbers of the group.
    """

    def group_key(item: tuple[int, tuple[int, str]]) -> tuple[str, int]:
        # For consecutive numbers, number minus index stays the same.
        index, (number, line) = item
        return line, number - index

    for (line, _), group in groupby(enumerate(lines), key=group_key):
        yield line, [number for _, (number, _) in group]


def _line(numbers: list[int], run: Run, line: str) -> str:
    """Returns the line of one exchange: `#4 at 0.120 s: GET /api/v1/worker/tasks -> 401: ...`.

    For several equal exchanges: `#4 to #23, 0.120 s to 1.900 s: 20 times GET ...`.
    """
    times = {exchange.number: run.since_start(exchange.began) for exchange in run.with_leaving.exchanges}
    first, last = numbers[0], numbers[-1]
    if first == last:
        return f"#{first} at {times[first]}: {line}"
    return f"#{first} to #{last}, {times[first]} to {times[last]}: {len(numbers)} times {line}"


def _notes(trial: Trial) -> Iterator[str]:
    if not trial.run.exchanges:
        yield _NO_REQUEST
        if trial.run.ended_by == "exit":
            yield _IN_BACKGROUND
    if trial.run.ended_by == "time-limit":
        yield (
            "The scenario was not over when the time limit was reached, and the worker was stopped. If the "
            "worker only needs more time, set a longer --time-limit."
        )
    if trial.run.ended_by in _NOT_WAITED_FOR:
        yield _NOT_WAITED_FOR[trial.run.ended_by]
    for not_judged in trial.verdict.not_judged:
        yield f"Not judged: {not_judged.rule}: {not_judged.why}"
    if trial.not_reached:
        yield f"Did not affect the worker (not a failure): {'; '.join(trial.not_reached)}."
    kept = len(trial.run.with_leaving.exchanges)
    if kept < trial.requests:
        yield f"Only the last {kept} of {trial.requests} exchanges were kept and judged."
    if not trial.verdict.passed and _is_in_library(trial.run.scenario):
        yield (
            f"To see what happens in this scenario and why workers fail: workerkit scenario show "
            f"{trial.verdict.scenario}"
        )


def _is_in_library(scenario: Scenario) -> bool:
    return scenario.name in library.names() and library.find(scenario.name) == scenario


def _outcome(trials: Sequence[Trial]) -> Outcome:
    return Outcome.PASS if all(trial.verdict.passed for trial in trials) else Outcome.FAIL
