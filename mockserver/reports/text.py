"""Writes a report as plain text, for a terminal or a log."""

from __future__ import annotations

from collections.abc import Iterator

from workerkit.mockserver.reports.report import Case, CommandReport, FoldedNote, ReportCause
from workerkit.openapi.formats.visible_text import visible_line, visible_text
from workerkit.openapi.languages.phrase import joined, phrase

_MAX_EXCHANGES = 5
_MAX_OUTPUT_LINES, _MAX_OUTPUT_LINES_OF_CAUSE = 20, 10
_INDENT = " " * 3


def case_line(case: Case) -> str:
    """Returns a case in one line: its outcome, name and counts, and the rules that are broken."""
    counts = ("  (", case.counts_text, ")") if case.counts_text else ()
    rest = joined("; ", filter(None, (case.broken_rules, case.remark)))
    parts = (f"{case.outcome.upper()}  {case.name}", *counts, *((": ", rest) if rest else ()))
    return one_line(joined("", parts))


def causes_text(report: CommandReport) -> str:
    """Returns the causes, each with its best evidence. Empty for a report without causes."""
    if not report.causes:
        return ""
    titles = {case.name: case.title for case in report.cases}
    causes = (_cause_text(place, cause, titles) for place, cause in enumerate(report.causes, 1))
    return "\n\n".join([visible_line(report.causes_heading), *causes])


def folded_note_text(note: FoldedNote) -> str:
    """Returns a note, and its details, one in each line."""
    return "\n".join(map(visible_line, [note.text, *(_INDENT + line for line in note.lines)]))


def worker_output_lines(output: str, *, limit: int = _MAX_OUTPUT_LINES) -> Iterator[str]:
    """Returns a heading and the last lines that a worker printed, at most `limit`."""
    lines = visible_text(output).splitlines()
    yield phrase("Last lines of the worker's output:") if lines else phrase("The worker printed nothing.")
    yield from (f"    {line}" for line in lines[-limit:])


def cause_output_lines(cause: ReportCause) -> list[str]:
    """Returns a heading and the last 10 lines that the worker printed. Empty without an output."""
    output = cause.output
    return [] if output is None else list(worker_output_lines(output, limit=_MAX_OUTPUT_LINES_OF_CAUSE))


def one_line(text: str) -> str:
    """Returns the text in one line. Characters that act are written as codes."""
    return " ".join(visible_text(text).split("\n"))


def _cause_text(place: int, cause: ReportCause, titles: dict[str, str]) -> str:
    lines = [f"{place}. " + cause.name, *(_INDENT + line for line in _details(cause, titles))]
    return "\n".join(map(visible_line, lines))


def _details(cause: ReportCause, titles: dict[str, str]) -> Iterator[str]:
    yield cause.finding.message
    yield from _evidence(cause, titles)
    if cause.follows_text:
        yield cause.follows_text
    yield cause.cases_text


def _evidence(cause: ReportCause, titles: dict[str, str]) -> Iterator[str]:
    lines = [*cause.finding.first_lines(_MAX_EXCHANGES), *cause.notes, *cause_output_lines(cause)]
    if lines:
        yield phrase("In {case} ({title}):", case=cause.shown_case, title=titles.get(cause.shown_case, ""))
        yield from ("  " + line for line in lines)
