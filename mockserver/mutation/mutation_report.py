"""The report of `workerkit mutate`, as a `CommandReport` and as JSON. Neither contains secrets."""

from __future__ import annotations

from typing import Any

from workerkit.mockserver.mutants import Mutant
from workerkit.mockserver.mutants.mutant import EVERY_OPERATION
from workerkit.mockserver.mutation.mutation_result import MutantResult, MutationResult
from workerkit.mockserver.reports.report import (
    Case,
    CommandReport,
    Outcome,
    ReportFinding,
    ReportTable,
    TableCell,
)
from workerkit.openapi.languages.phrase import phrase

_MISSED_NOTE = phrase(
    "Not noticed: nothing failed. Perhaps no request met this fault, or nothing checks the answer."
)


def mutation_report(result: MutationResult) -> CommandReport:
    """Returns the report. Each mutant is a case: it passes if the command notices the mutant."""
    return CommandReport(
        title="workerkit mutate",
        summary=_summary(result),
        seconds=result.seconds,
        cases=tuple(map(_case, result.results)),
        tables=(_table(result),),
    )


def mutation_json(result: MutationResult) -> dict[str, Any]:
    """Returns the result as JSON."""
    return {
        "verdict": _outcome(result),
        "seconds": round(result.seconds, 3),
        "called": sorted(result.called),
        "noticed": result.noticed,
        "not_noticed": result.missed,
        "not_reached": result.not_reached,
        "mutants": [_mutant_json(mutant_result) for mutant_result in result.results],
    }


def _mutant_json(result: MutantResult) -> dict[str, Any]:
    return {
        "id": result.mutant.name,
        "breaks": result.mutant.breaks,
        "operations": list(result.mutant.operations),
        "result": "noticed" if result.noticed_by else result.text,
        "noticed_by": result.noticed_by or None,
        "seconds": None if result.outcome is None else round(result.outcome.seconds, 3),
    }


def _case(result: MutantResult) -> Case:
    mutant, outcome = result.mutant, result.outcome
    breaks = phrase(mutant.breaks)
    message = phrase("The command did not notice this: {breaks}", breaks=breaks)
    return Case(
        mutant.name,
        _case_outcome(result),
        title=breaks,
        seconds=None if outcome is None else outcome.seconds,
        findings=(ReportFinding(mutant.name, message),) if result.is_missed else (),
        notes=(result.text,),
        output=outcome.output if outcome is not None and result.is_missed else None,
        remark=result.text,
    )


def _case_outcome(result: MutantResult) -> Outcome:
    if not result.is_reached:
        return Outcome.SKIP
    return Outcome.FAIL if result.is_missed else Outcome.PASS


def _table(result: MutationResult) -> ReportTable:
    rows = tuple(
        (
            TableCell(row.mutant.name, details=phrase(row.mutant.breaks)),
            TableCell(_operations(row.mutant, result.called)),
            TableCell(row.noticed_by or row.text, _case_outcome(row)),
        )
        for row in result.results
    )
    note = "" if not result.missed else _MISSED_NOTE
    return ReportTable(
        phrase("Server faults"), (phrase("mutant"), phrase("operation"), phrase("noticed by")), rows, note
    )


def _operations(mutant: Mutant, called: frozenset[str]) -> str:
    """The operations of a mutant that the command calls. If it calls none, all operations of the mutant."""
    if mutant.operations == EVERY_OPERATION:
        return phrase("all")
    reached = [operation for operation in mutant.operations if operation in called]
    return ", ".join(reached or mutant.operations)


def _summary(result: MutationResult) -> str:
    tried = result.noticed + result.missed
    return phrase(
        "mutate verdict: {outcome} ({noticed} of {tried} server faults noticed, {not_reached} not reached)",
        outcome=_outcome(result),
        noticed=result.noticed,
        tried=tried,
        not_reached=result.not_reached,
    )


def _outcome(result: MutationResult) -> Outcome:
    return Outcome.FAIL if result.missed else Outcome.PASS
