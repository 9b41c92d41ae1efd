"""The coverage of trials as JSON, as tables and as the sentences of the API page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from workerkit.mockserver.reports.report import (
    FoldedNote,
    Outcome,
    ReportSection,
    ReportSentence,
    ReportTable,
    TableCell,
)
from workerkit.mockserver.trials.trial import Trial
from workerkit.openapi.languages.phrase import joined, phrase
from workerkit.openapi.page.page import Sentence, page_sections
from workerkit.openapi.spec.api import worker_api
from workerkit.scenarios.coverage.coverage import Coverage, coverage_of
from workerkit.scenarios.coverage.grid import CellState, GridCell, GridRow
from workerkit.scenarios.coverage.judged_run import JudgedRun
from workerkit.scenarios.run_record.trouble import TROUBLES, Trouble

_OUTCOMES = {CellState.SURVIVED: Outcome.PASS, CellState.FAILED: Outcome.FAIL}
# A sentence names so many of the scenarios that exercise it.
_MAX_SCENARIOS = 3
_KINDS = {
    "heartbeat": phrase("heartbeat"),
    "first-page": phrase("first page"),
    "later-page": phrase("later page"),
    "queued": phrase("queued"),
    "running": phrase("running"),
    "completion": phrase("completion"),
    "failure": phrase("failure"),
    "cancellation": phrase("cancellation"),
    "requeue": phrase("requeue"),
    "details": phrase("details"),
    "logs": phrase("logs"),
    "request-status": phrase("request status"),
    "account-status": phrase("account status"),
}
_FORMS = {"single": phrase("single"), "bulk": phrase("bulk"), "callback": phrase("callback")}
_TROUBLES: Mapping[Trouble, str] = {
    "5xx": "5xx",
    "401": "401",
    "429": "429",
    "answer-lost": phrase("answer lost"),
    "connection-lost": phrase("connection lost"),
    "unreadable": phrase("unreadable"),
    "hang": phrase("hang"),
    "slow": phrase("slow"),
}
_GRID_NOTE = phrase(
    "A number: in how many scenarios the worker met this trouble and broke no rule because of it. FAIL 2/3: "
    "in 2 of 3 scenarios, the worker broke a rule because of the trouble. -: the worker did not meet this "
    "trouble."
)


def trial_coverage(trials: Sequence[Trial]) -> Coverage:
    """Returns what the trials covered together."""
    return coverage_of([JudgedRun(trial.run, trial.verdict) for trial in trials])


def coverage_json(coverage: Coverage) -> dict[str, Any]:
    """Returns the coverage as JSON."""
    return {
        "grid": [
            {
                "asked": cell.row.kind,
                "form": cell.row.form or None,
                "trouble": cell.trouble,
                "state": cell.state,
                "scenarios": list(cell.scenarios),
                "failed": list(cell.failed),
            }
            for cell in coverage.grid
        ],
        "reported_states": [
            {"reported": reported, "state": state, "times": times}
            for (reported, state), times in sorted(coverage.reported_states.items())
        ],
        "troubles_in_a_row": [
            {"asked": pair.kind, "first": pair.first, "second": pair.second, "times": times}
            for pair, times in sorted(coverage.troubles_in_a_row.items())
        ],
        "sentences": [
            {"text": sentence.text, "english": sentence.gist, "scenarios": list(names)}
            for sentence, names in coverage.sentences.items()
        ],
    }


def coverage_tables(coverage: Coverage) -> tuple[ReportTable, ...]:
    """Returns three tables: the grid, the reported states, and the troubles in a row."""
    return (
        ReportTable(
            phrase("What the worker asked, and the troubles that it met"), *_grid(coverage), _GRID_NOTE
        ),
        ReportTable(
            phrase("What the worker reported, and in which state the task was then"),
            *_states(coverage.reported_states),
        ),
        ReportTable(
            phrase("Troubles in a row: two requests that asked the same, one after the other"),
            (phrase("asked"), phrase("troubles"), phrase("times")),
            tuple(_pairs(coverage)),
        ),
    )


def coverage_sections(coverage: Coverage) -> tuple[ReportSection, ...]:
    """Returns the sections of the API page. Each sentence says whether the worker exercised it."""
    return tuple(
        ReportSection(
            section.heading,
            section.gist,
            tuple(_sentence(sentence, coverage.sentences.get(sentence)) for sentence in section.sentences),
        )
        for section in page_sections()
    )


def coverage_note(coverage: Coverage) -> FoldedNote:
    """Returns how many sentences of the API page the worker exercised, and the others."""
    unused = [sentence for sentence, names in coverage.sentences.items() if not names]
    count, total = len(coverage.sentences) - len(unused), len(coverage.sentences)
    text = phrase(
        "The worker exercised {count} of {total} sentences of the API page.", count=count, total=total
    )
    lines = tuple(
        joined(": ", (section.gist, sentence.gist))
        for section in page_sections()
        for sentence in section.sentences
        if sentence in unused
    )
    return FoldedNote(phrase("{text} Not exercised:", text=text) if lines else text, lines)


def _grid(coverage: Coverage) -> tuple[tuple[str, ...], tuple[tuple[TableCell, ...], ...]]:
    heads = (phrase("asked"), *(_TROUBLES[trouble] for trouble in TROUBLES))
    rows = groupby(coverage.grid, key=lambda cell: cell.row)
    return heads, tuple((TableCell(_row_name(row)), *map(_grid_cell, cells)) for row, cells in rows)


def _grid_cell(cell: GridCell) -> TableCell:
    texts = {
        CellState.NOT_MET: "-",
        CellState.SURVIVED: str(len(cell.scenarios)),
        CellState.FAILED: f"FAIL {len(cell.failed)}/{len(cell.scenarios)}",
    }
    names = cell.failed or cell.scenarios
    return TableCell(texts[cell.state], _OUTCOMES.get(cell.state), ", ".join(names))


def _states(
    counts: Mapping[tuple[str, str], int],
) -> tuple[tuple[str, ...], tuple[tuple[TableCell, ...], ...]]:
    columns = sorted({state for _, state in counts}, key=_order)
    reported = sorted({status for status, _ in counts}, key=_order)
    rows = (
        (TableCell(status), *(TableCell(str(counts.get((status, state), 0) or "-")) for state in columns))
        for status in reported
    )
    return (phrase("reported"), *columns), tuple(rows)


def _order(status: str) -> tuple[int, str]:
    """Returns a key for sorting: the statuses of the API in their order, then all others."""
    known = worker_api().enumeration("TaskStatus")
    return known.index(status) if status in known else len(known), status


def _row_name(row: GridRow) -> str:
    kind = _KINDS[row.kind]
    return phrase("{kind} ({form})", kind=kind, form=_FORMS[row.form]) if row.form else kind


def _pairs(coverage: Coverage) -> Iterator[tuple[TableCell, ...]]:
    for pair, times in sorted(coverage.troubles_in_a_row.items()):
        troubles = joined(", ", (_TROUBLES[pair.first], _TROUBLES[pair.second]))
        yield TableCell(_KINDS[pair.kind]), TableCell(troubles), TableCell(str(times))


def _sentence(sentence: Sentence, scenarios: tuple[str, ...] | None) -> ReportSentence:
    if scenarios is None:
        return ReportSentence(sentence.text, sentence.gist, phrase("cannot be exercised"), None)
    if not scenarios:
        return ReportSentence(sentence.text, sentence.gist, phrase("not exercised"), Outcome.SKIP)
    more = len(scenarios) - _MAX_SCENARIOS
    notes = (phrase("and in {more} more scenarios", more=more),) if more > 0 else ()
    cases = scenarios[:_MAX_SCENARIOS]
    return ReportSentence(sentence.text, sentence.gist, phrase("exercised"), Outcome.PASS, cases, notes)
