"""The report of a hunt, as a `CommandReport` and as JSON. Neither contains secrets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from workerkit.mockserver.hunt.hunt_result import HuntFinding, HuntResult
from workerkit.mockserver.reports.report import Case, CommandReport, FoldedNote, Outcome
from workerkit.mockserver.trials.coverage_report import coverage_json, coverage_tables
from workerkit.mockserver.trials.trial import Trial
from workerkit.mockserver.trials.trial_report import as_json, report_of
from workerkit.openapi.languages.phrase import counted_phrase, joined, phrase
from workerkit.scenarios.hunt.attempt import Attempt


def hunt_report(result: HuntResult, *, began: float) -> CommandReport:
    """Returns the report of a hunt. Its cases are the run without trouble and the finding.

    began: when the hunt began, in seconds since 1970.
    """
    report = report_of(_shown_trials(result), began=began, seconds=result.seconds)
    cases = (report.cases[0], *(_with_notes(case, result) for case in report.cases[1:]))
    return replace(
        report,
        title="workerkit hunt",
        summary=_summary(result),
        cases=cases,
        folded_notes=(
            *_unconfirmed(result),
            *_without_occasion(result),
            FoldedNote(
                phrase(
                    "Where the API page says nothing, the hunt assumed: {choices}.", choices=_assumptions()
                )
            ),
        ),
        tables=coverage_tables(result.coverage),
    )


def hunt_json(result: HuntResult) -> dict[str, Any]:
    """Returns the result of a hunt as JSON."""
    finding = result.finding
    return {
        "verdict": _outcome(result),
        "trials": result.trials,
        "seconds": round(result.seconds, 3),
        "end": result.end,
        "trace": _trial_json(result.trace),
        "slots": [slot.text for slot in result.slots],
        "finding": None if finding is None else _finding_json(finding),
        "without_occasion": [unjudged.rule for unjudged in result.without_occasion],
        "unconfirmed": [_finding_json(unconfirmed) for unconfirmed in result.unconfirmed],
        "coverage": coverage_json(result.coverage),
    }


def found_text(finding: HuntFinding) -> str:
    """Returns what the hunt found, in a few lines."""
    head = phrase(
        "Found in trial {number}: the worker breaks {rule} {times}.",
        number=finding.number,
        rule=finding.rule,
        times=finding.times_text,
    )
    return joined("\n", (head, *("  " + sentence for sentence in finding.attempt.story)))


def _shown_trials(result: HuntResult) -> list[Trial]:
    return [result.trace, *([] if result.finding is None else [result.finding.trial])]


def _with_notes(case: Case, result: HuntResult) -> Case:
    assert result.finding is not None
    notes = (*result.finding.attempt.story, phrase("Broken {times}.", times=result.finding.times_text))
    return replace(case, notes=(*notes, *case.notes))


def _summary(result: HuntResult) -> str:
    return phrase("worker verdict: {outcome} ({details})", outcome=_outcome(result), details=_details(result))


def _details(result: HuntResult) -> str:
    finding = result.finding
    if finding is not None:
        return phrase(
            "{name} breaks {rule} {times}",
            name=finding.attempt.name,
            rule=finding.rule,
            times=finding.times_text,
        )
    if result.trace.verdict.passed:
        return phrase(
            "no rule was broken in {trials}; the hunt ended because {end}",
            trials=counted_phrase(result.trials, "{count} trial", "{count} trials"),
            end=result.end,
        )
    return phrase("no trouble was tried: {end}", end=result.end)


def _unconfirmed(result: HuntResult) -> Iterator[FoldedNote]:
    for finding in result.unconfirmed:
        yield FoldedNote(
            phrase(
                "Not confirmed: trial {number} broke {rule}, but only {times}. {story}",
                number=finding.number,
                rule=finding.rule,
                times=finding.times_text,
                story=joined(" ", finding.attempt.story),
            )
        )


def _without_occasion(result: HuntResult) -> Iterator[FoldedNote]:
    for unjudged in result.without_occasion:
        yield FoldedNote(
            phrase(
                "No trial gave the worker an occasion to break {rule}: {why}.",
                rule=unjudged.rule,
                why=unjudged.why,
            )
        )


def _assumptions() -> str:
    choices = sorted(Attempt().scenario.world.dialect.choices)
    return joined(
        "; ", (phrase("{silence} is {value}", silence=silence, value=value) for silence, value in choices)
    )


def _trial_json(trial: Trial) -> dict[str, Any]:
    scenario: dict[str, Any] = as_json([trial])["scenarios"][0]
    return scenario


def _finding_json(finding: HuntFinding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "trial": finding.number,
        "what_happens": list(finding.attempt.story),
        "broken": finding.broken,
        "repetitions": finding.repetitions,
        "scenario": _trial_json(finding.trial),
    }


def _outcome(result: HuntResult) -> Outcome:
    return Outcome.PASS if result.passed else Outcome.FAIL
