"""What is said of trials: as a report, and in JSON for programs. Nothing secret is in either."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.metadata import version
from itertools import groupby
from typing import Any

from workerkit.mockserver.reports.report import Case, CommandReport, Outcome, ReportFinding
from workerkit.mockserver.trials.trial import Trial
from workerkit.openapi.formats.timestamp import written
from workerkit.scenarios.library import library
from workerkit.scenarios.model.scenario import Scenario
from workerkit.scenarios.run_record.run import Run
from workerkit.scenarios.run_record.violation import Violation

_NO_REQUEST = (
    "The worker sent no request. It has to read where the API is from LIKEPION_BASE_URL, its key from "
    "LIKEPION_API_KEY and its name from LIKEPION_SERVER_NAME, or to be given them in the command, as "
    "{base_url} and {api_key}."
)

_IN_BACKGROUND = (
    "The scenario was over because the command exited: a worker that puts itself into the background has to "
    "be told to stay in the foreground."
)


def as_json(trials: Sequence[Trial]) -> dict[str, Any]:
    """The verdict on a worker over all scenarios that it ran through."""
    return {
        "verdict": _outcome(trials),
        "scenarios": [
            {
                "name": trial.verdict.scenario,
                "verdict": _outcome([trial]),
                "seconds": round(trial.seconds, 3),
                "broken": [
                    {"rule": each.rule, "message": each.message, "exchanges": list(each.exchanges)}
                    for each in trial.verdict.broken
                ],
            }
            for trial in trials
        ],
    }


def report_of(trials: Sequence[Trial], *, began: float, seconds: float) -> CommandReport:
    """The report on a worker's trials, which began then, in seconds since 1970, and took so long together."""
    made = f"{written(began)}, workerkit {version('likepion-workerkit')}"
    return CommandReport("workerkit exec", _summary(trials), seconds, tuple(map(case_of, trials)), (made,))


def case_of(trial: Trial) -> Case:
    """One trial as a case of a report."""
    return Case(
        name=trial.verdict.scenario,
        outcome=_outcome([trial]),
        title=trial.run.scenario.title,
        seconds=trial.seconds,
        requests=trial.requests,
        findings=tuple(_finding(trial, broken) for broken in trial.verdict.broken),
        notes=tuple(_notes(trial)),
        output=trial.output,
        timeline=trial.timeline,
    )


def _summary(trials: Sequence[Trial]) -> str:
    passed = sum(trial.verdict.passed for trial in trials)
    failed = [trial.verdict.scenario for trial in trials if not trial.verdict.passed]
    tail = f"; failed: {', '.join(failed)}" if failed else ""
    return f"worker verdict: {_outcome(trials)} ({passed} of {len(trials)} scenarios passed{tail})"


def _finding(trial: Trial, broken: Violation) -> ReportFinding:
    lines = dict(zip((exchange.number for exchange in trial.run.exchanges), trial.lines, strict=True))
    known = [(number, lines[number]) for number in broken.exchanges if number in lines]
    shown = tuple(_line(numbers, trial.run, line) for line, numbers in _grouped(known))
    return ReportFinding(broken.rule, broken.message, shown, len(broken.exchanges) - len(known))


def _grouped(lines: list[tuple[int, str]]) -> Iterator[tuple[str, list[int]]]:
    """The lines with the numbers of the exchanges that they stand for, which follow each other."""
    for (line, _), alike in groupby(enumerate(lines), key=lambda each: (each[1][1], each[1][0] - each[0])):
        yield line, [number for _, (number, _) in alike]


def _line(numbers: list[int], run: Run, line: str) -> str:
    """One exchange, or several alike: `#4 at 0.120 s: GET /api/v1/worker/tasks -> 401: ...`."""
    times = {exchange.number: run.since_start(exchange.began) for exchange in run.exchanges}
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
            "The scenario was not over when the time limit was reached, and the worker was ended. If it only "
            "needs longer, give it more with --time-limit."
        )
    if trial.unfelt:
        yield (
            "The worker gave no occasion for all of the scenario, which does not count against it: "
            f"{'; '.join(trial.unfelt)}."
        )
    if len(trial.run.exchanges) < trial.requests:
        yield f"Of {trial.requests} exchanges the last {len(trial.run.exchanges)} were kept and judged."
    if not trial.verdict.passed and _is_of_the_library(trial.run.scenario):
        yield (
            f"What happens in this scenario, and why workers fail at it: workerkit scenario show "
            f"{trial.verdict.scenario}"
        )


def _is_of_the_library(scenario: Scenario) -> bool:
    return scenario.name in library.names() and library.find(scenario.name) == scenario


def _outcome(trials: Sequence[Trial]) -> Outcome:
    return Outcome.PASS if all(trial.verdict.passed for trial in trials) else Outcome.FAIL
