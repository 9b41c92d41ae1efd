"""The report of trials, as a `CommandReport` and as JSON. Neither contains secrets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from importlib.metadata import version
from itertools import groupby
from textwrap import shorten
from typing import Any

from workerkit.mockserver.reports.report import (
    Case,
    CommandReport,
    FoldedNote,
    Outcome,
    ReportCause,
    ReportFinding,
    more_phrase,
)
from workerkit.mockserver.trials.coverage_report import (
    coverage_json,
    coverage_note,
    coverage_sections,
    coverage_tables,
)
from workerkit.mockserver.trials.trial import Trial
from workerkit.mockserver.trials.trial_cause import CauseKey, TrialCause, cause_key, trial_causes
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.formats.timestamp import time_text
from workerkit.openapi.languages.phrase import counted_phrase, joined, phrase
from workerkit.openapi.masking.mask import Mask
from workerkit.scenarios.coverage.coverage import Coverage
from workerkit.scenarios.library import library
from workerkit.scenarios.rules import RULES
from workerkit.scenarios.rules.judge import rules_of
from workerkit.scenarios.rules.last_activity import last_activity
from workerkit.scenarios.rules.requests.heartbeat_regular import HeartbeatRegular
from workerkit.scenarios.rules.work.tasks_ended import TasksEnded
from workerkit.scenarios.run_record.run import EndedBy, Run
from workerkit.scenarios.run_record.violation import Violation

_NO_REQUEST = phrase(
    "The worker sent no request. It must read these environment variables: "
    "LIKEPION_BASE_URL (the URL of the API), LIKEPION_API_KEY (the API key) and "
    "LIKEPION_SERVER_NAME (the name of its server). You can also write {base_url} and "
    "{api_key} in the command: they are replaced."
)

_IN_BACKGROUND = phrase(
    "The scenario ended because the command exited. If the worker runs in the "
    "background, configure it to stay in the foreground."
)

_STILL_AT_WORK = phrase(
    "The scenario was not over when the time limit was reached, and the worker was still "
    "at work. If it only needs more time, set a longer --time-limit."
)

_MAX_FAILED = 5
_MAX_BODY_LENGTH = 60

_NOT_WAITED_FOR: dict[EndedBy, str] = {
    "idle": (
        phrase(
            "The worker had open tasks, and for half of the time limit it only read the list. So "
            "the scenario was ended before the time limit. If the worker only needs more time, "
            "set a longer --time-limit."
        )
    ),
    "failed": (
        phrase(
            "The worker had failed already and only read the list. So the scenario was ended "
            "before the time limit, and rules that the worker could still keep were not checked."
        )
    ),
}


def as_json(trials: Sequence[Trial], coverage: Coverage | None = None) -> dict[str, Any]:
    """Returns the verdicts of all trials as JSON, with the causes of the failures first.

    coverage: what the trials covered. None: the report does not have it.
    """
    return {
        "verdict": _outcome(trials),
        "causes": [_cause_json(cause) for cause in trial_causes(trials)],
        "scenarios": [
            {
                "name": trial.verdict.scenario,
                "verdict": _outcome([trial]),
                "seconds": round(trial.seconds, 3),
                "broken": [_violation_json(violation) for violation in trial.verdict.broken],
                "not_judged": [{"rule": rule.rule, "why": rule.why} for rule in trial.verdict.not_judged],
                "not_reached": list(trial.not_reached),
            }
            for trial in trials
        ],
        **({} if coverage is None else {"coverage": coverage_json(coverage)}),
    }


def _violation_json(violation: Violation) -> dict[str, Any]:
    return {
        "rule": violation.rule,
        "message": violation.message,
        "exchanges": list(violation.exchanges),
    }


def _cause_json(cause: TrialCause) -> dict[str, Any]:
    return {
        **_violation_json(cause.violation),
        "scenario": cause.trial.verdict.scenario,
        "scenarios": _names(cause.trials),
        "followers": [
            {"rule": rule, "scenarios": _names(trials)} for rule, trials in cause.followers.items()
        ],
    }


def report_of(
    trials: Sequence[Trial],
    *,
    began: float,
    seconds: float,
    not_run: int = 0,
    coverage: Coverage | None = None,
) -> CommandReport:
    """Returns the report of all trials.

    began: when the first trial began, in seconds since 1970.
    seconds: how long all trials took together.
    not_run: how many scenarios were left out, because the run ended at the first failure.
    coverage: what the trials covered. None: the report does not have it.
    """
    causes = trial_causes(trials)
    return CommandReport(
        title="workerkit exec",
        summary=_summary(trials, not_run),
        seconds=seconds,
        cases=tuple(case_of(trial, causes) for trial in trials),
        notes=(f"{time_text(began)}, workerkit {version('likepion-workerkit')}",),
        sections=() if coverage is None else coverage_sections(coverage),
        folded_notes=(
            *_heartbeats_not_judged(trials),
            *_not_judged(trials),
            *([] if coverage is None else [coverage_note(coverage)]),
        ),
        tables=() if coverage is None else coverage_tables(coverage),
        causes=tuple(map(_report_cause, causes)),
        causes_heading=_causes_heading(causes, trials),
    )


def case_of(trial: Trial, causes: Sequence[TrialCause] = ()) -> Case:
    """Returns one trial as a case of a report.

    causes: the causes in the report. Findings that they explain are shortened.
    """
    numbers = {cause.key: number for number, cause in enumerate(causes, 1)}
    return Case(
        name=trial.verdict.scenario,
        outcome=_outcome([trial]),
        title=phrase(trial.run.scenario.title),
        seconds=trial.seconds,
        requests=trial.requests,
        findings=tuple(_findings(trial, numbers)),
        notes=tuple(_notes(trial)),
        output=trial.output,
        timeline=trial.timeline,
        remark=_remark(trial),
    )


def _summary(trials: Sequence[Trial], not_run: int) -> str:
    passed = sum(trial.verdict.passed for trial in trials)
    failed = [trial.verdict.scenario for trial in trials if not trial.verdict.passed]
    left_out = len(failed) - _MAX_FAILED
    names = [*failed[:_MAX_FAILED], *([more_phrase(left_out)] if left_out > 0 else [])]
    tail = phrase("; failed: {names}", names=joined(", ", names)) if failed else ""
    rest = phrase("; {not_run} were not run", not_run=not_run) if not_run else ""
    return phrase(
        "worker verdict: {outcome} ({passed} of {total} scenarios passed{tail}{rest})",
        outcome=_outcome(trials),
        passed=passed,
        total=len(trials),
        tail=tail,
        rest=rest,
    )


def _causes_heading(causes: Sequence[TrialCause], trials: Sequence[Trial]) -> str:
    if not causes:
        return ""
    order = phrase(" The cause that fails the most scenarios is the first.") if len(causes) > 1 else ""
    failed = sum(not trial.verdict.passed for trial in trials)
    return phrase(
        "Fix first: {causes} in {scenarios}.{order}",
        causes=counted_phrase(len(causes), "{count} cause", "{count} causes"),
        scenarios=_scenarios(failed),
        order=order,
    )


def _report_cause(cause: TrialCause) -> ReportCause:
    trial = cause.trial
    is_about_end = set(cause.violation.exchanges) >= {
        exchange.number for exchange in trial.run.own_exchanges[-1:]
    }
    return ReportCause(
        finding=_finding(trial, cause.violation),
        extent=_in_scenarios(len(cause.trials)),
        cases=tuple(_names(cause.trials)),
        shown_case=trial.verdict.scenario,
        followers=tuple(
            joined("", (rule, " (", _in_scenarios(len(trials)), ")"))
            for rule, trials in cause.followers.items()
        ),
        notes=(*(_notes_on_end(trial) if is_about_end else ()), *_learn_more(cause)),
        output=trial.output if is_about_end and _may_explain_end(trial) else None,
    )


def _may_explain_end(trial: Trial) -> bool:
    """Whether the worker's output may say why the worker did not go on."""
    return trial.run.ended_by != "until" and bool(trial.output or not trial.run.exchanges)


def _names(trials: Sequence[Trial]) -> list[str]:
    return [trial.verdict.scenario for trial in trials]


def _scenarios(count: int) -> str:
    return counted_phrase(count, "{count} scenario", "{count} scenarios")


def _in_scenarios(count: int) -> str:
    return phrase("in {scenarios}", scenarios=_scenarios(count))


def _with_details(text: str, details: str) -> str:
    return joined("", (text, " (", details, ")"))


def _findings(trial: Trial, numbers: Mapping[CauseKey, int]) -> Iterator[ReportFinding]:
    """Returns a finding for each violation that does not follow from another violation of the trial."""
    followers: dict[str, list[ReportFinding]] = {}
    for violation in trial.verdict.broken:
        root = cause_key(trial, violation)[0]
        if root != violation.rule:
            follower = ReportFinding(violation.rule, violation.short_message)
            followers.setdefault(root, []).append(follower)
    for violation in trial.verdict.broken:
        key = cause_key(trial, violation)
        if key[0] == violation.rule:
            finding = _finding(trial, violation, numbers.get(key, 0))
            yield replace(finding, followers=tuple(followers.get(violation.rule, ())))


def _finding(trial: Trial, violation: Violation, cause: int = 0) -> ReportFinding:
    exchanges = zip(trial.run.with_leaving.exchanges, trial.lines, strict=True)
    lines = {exchange.number: (exchange, line) for exchange, line in exchanges}
    kept = [
        (number, _with_odd_body(trial.mask, *lines[number]))
        for number in violation.exchanges
        if number in lines
    ]
    report_lines = tuple(_line(numbers, trial.run, line) for line, numbers in _grouped(kept))
    missing = len(violation.exchanges) - len(kept)
    message = violation.short_message if cause else violation.message
    return ReportFinding(violation.rule, message, report_lines, missing, cause=cause)


def _with_odd_body(mask: Mask, exchange: Exchange, line: str) -> str:
    """Adds the start of the answer's body to the line of an exchange, if the answer is 2xx but no JSON."""
    if not exchange.accepted or not exchange.answer_body or exchange.answer_json() is not None:
        return line
    body = mask.text(exchange.answer_body.decode("utf-8", "backslashreplace"))
    return phrase(
        "{line}, with the body {body}", line=line, body=shorten(body, _MAX_BODY_LENGTH, placeholder="...")
    )


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
        return phrase("#{number} at {time}: {line}", number=first, time=times[first], line=line)
    return phrase(
        "#{first} to #{last}, {begin} to {end}: {times} times {line}",
        first=first,
        last=last,
        begin=times[first],
        end=times[last],
        times=len(numbers),
        line=line,
    )


def _notes(trial: Trial) -> Iterator[str]:
    yield from _notes_on_end(trial)
    if trial.verdict.passed and trial.verdict.not_judged:
        rules = joined(
            "; ", (joined("", (rule.rule, " (", rule.why, ")")) for rule in trial.verdict.not_judged)
        )
        yield phrase("Not judged, because there was no occasion: {rules}.", rules=rules)
    if trial.not_reached:
        yield phrase(
            "Did not affect the worker (not a failure): {not_reached}.",
            not_reached=joined("; ", trial.not_reached),
        )
    kept = len(trial.run.with_leaving.exchanges)
    if kept < trial.requests:
        yield phrase(
            "Only the last {kept} of {requests} exchanges were kept and judged.",
            kept=kept,
            requests=trial.requests,
        )


def _remark(trial: Trial) -> str:
    """Returns the rules that a passed scenario is about, if the run had no occasion to break any of them."""
    unjudged = {rule.rule for rule in trial.verdict.not_judged}
    expected = [expectation.rule for expectation in trial.run.scenario.expect]
    # Rules that every run can break are not what makes a scenario special.
    special = [rule for rule in expected if RULES[rule].no_occasion and rule != TasksEnded.id]
    is_remarkable = trial.verdict.passed and special and unjudged.issuperset(special)
    return phrase("no occasion for {special}", special=", ".join(special)) if is_remarkable else ""


def _not_judged(trials: Sequence[Trial]) -> Iterator[FoldedNote]:
    """Returns a note about the rules that no trial had an occasion to break, if there are such rules."""
    unjudged = {rule.rule: rule.why for trial in trials for rule in trial.verdict.not_judged}
    for trial in trials:
        not_judged = {rule.rule for rule in trial.verdict.not_judged}
        for rule in rules_of(trial.run.scenario):
            if rule.id not in not_judged:
                unjudged.pop(rule.id, None)
    if unjudged:
        yield FoldedNote(
            counted_phrase(
                len(unjudged),
                "{count} rule was not judged, because there was no occasion: {rules}.",
                "{count} rules were not judged, because there was no occasion: {rules}.",
                rules=", ".join(unjudged),
            ),
            tuple(f"{rule}: " + why for rule, why in unjudged.items()),
        )


def _heartbeats_not_judged(trials: Sequence[Trial]) -> Iterator[FoldedNote]:
    """Returns a note if heartbeats were not judged because the worker's interval was not stated."""
    reasons = [
        rule.why
        for trial in trials
        for rule in trial.verdict.not_judged
        if rule.rule == HeartbeatRegular.id and trial.run.heartbeat_interval is None
    ]
    if reasons:
        yield FoldedNote(phrase("Heartbeats were not judged: {reason}.", reason=reasons[0]), ())


def _notes_on_end(trial: Trial) -> Iterator[str]:
    if not trial.run.exchanges:
        yield _NO_REQUEST
        if trial.run.ended_by == "exit":
            yield _IN_BACKGROUND
    if trial.run.ended_by == "time-limit":
        last = last_activity(trial.run)
        # The message of a broken rule may say it already.
        if not last or not any(last in violation.fact for violation in trial.verdict.broken):
            yield last or _STILL_AT_WORK
    if trial.run.ended_by in _NOT_WAITED_FOR:
        yield _NOT_WAITED_FOR[trial.run.ended_by]


def _learn_more(cause: TrialCause) -> Iterator[str]:
    yield phrase(
        "What this rule means, with a bad and a good example: workerkit rule show {rule}",
        rule=cause.violation.rule,
    )
    scenario = cause.trial.run.scenario
    is_in_library = scenario.name in library.names() and library.find(scenario.name) == scenario
    if is_in_library and cause.is_expected:
        yield (
            phrase(
                "To see what happens in this scenario and why workers fail: workerkit scenario show {name}",
                name=scenario.name,
            )
        )


def _outcome(trials: Sequence[Trial]) -> Outcome:
    return Outcome.PASS if all(trial.verdict.passed for trial in trials) else Outcome.FAIL
