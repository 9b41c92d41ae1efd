"""Writes a report as Markdown, for a file or for the step summary of GitHub Actions."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from workerkit.mockserver.atomic_file import CannotWriteError
from workerkit.mockserver.reports.report import (
    Case,
    CommandReport,
    FoldedNote,
    Outcome,
    ReportCause,
    ReportTable,
    more_phrase,
)
from workerkit.mockserver.reports.text import cause_output_lines
from workerkit.openapi.formats.visible_text import visible_text
from workerkit.openapi.languages.phrase import joined, phrase
from workerkit.openapi.languages.report_language import in_report_language

# If a summary is larger than 1 MiB, GitHub does not show it. Other tools may write to the same summary.
_MAX_BYTES = 256 * 1024
_MAX_LINES = 12
# If the finding is explained by a cause.
_MAX_LINES_OF_CAUSE = 3
_MAX_CAUSES = 20
_MAX_NOTE_LINES = 60
_MAX_CELL_LENGTH = 200
_SYMBOLS = {Outcome.PASS: "✅", Outcome.FAIL: "❌", Outcome.SKIP: "⏭️"}
_COUNTS_HEAD = ("", phrase("case"), phrase("seconds"), phrase("requests"), phrase("broken rules"))
_COUNTS_RULER = "| --- | --- | ---: | ---: | --- |"
_TEXTS_HEAD = ("", phrase("case"), phrase("description"), phrase("findings"))
_LEFT_OUT = phrase("Further failures are left out here. The other reports contain them.")
_TEXTS_RULER = "| --- | --- | --- | --- |"
_PUNCTUATION = re.compile(r"([\\`*_{}\[\]()#+\-.!|~@:$])")


def markdown_report(report: CommandReport) -> str:
    """Returns the verdict, the causes, the notes, a table of the cases, and the failures with details.

    The text has at most 256 KiB. Failures that do not fit are left out.
    """
    notes = "".join(f"{_inline(note)}\n\n" for note in report.notes)
    notes = _causes(report) + notes + "".join(map(_folded_note, report.folded_notes))
    notes += "".join(map(_report_table, report.tables))
    parts = [f"## {_inline(report.title)}\n\n{_inline(report.summary)}\n\n{notes}{_table(report)}"]
    size = len(parts[0].encode())
    for case in report.cases_with(Outcome.FAIL):
        part = "\n".join(_details(case))
        size += len(part.encode()) + 1
        if size > _MAX_BYTES:
            parts.append(f"{visible_text(_LEFT_OUT)}\n")
            break
        parts.append(part)
    return "\n".join(parts)


def add_step_summary(report: CommandReport, environment: Mapping[str, str]) -> None:
    """Adds the report to the step summary of GitHub Actions. Outside of GitHub Actions it does nothing.

    environment: the environment variables.
    Raises CannotWriteError.
    """
    name = environment.get("GITHUB_STEP_SUMMARY")
    if environment.get("GITHUB_ACTIONS") != "true" or not name:
        return
    try:
        with Path(name).open("a", encoding="utf-8") as file:
            file.write(markdown_report(report) + "\n")
    except OSError as error:
        raise CannotWriteError(
            f"GITHUB_STEP_SUMMARY={name} cannot be written: {error.strerror or error}"
        ) from None


def _causes(report: CommandReport) -> str:
    """Returns the causes, each with its best evidence. If there are many, only the first ones."""
    if not report.causes:
        return ""
    causes = [
        line for index, cause in enumerate(report.causes[:_MAX_CAUSES], 1) for line in _cause(index, cause)
    ]
    left_out = len(report.causes) - _MAX_CAUSES
    more = [_inline(more_phrase(left_out))] if left_out > 0 else []
    return "\n\n".join([f"### {_inline(report.causes_heading)}", *causes, *more]) + "\n\n"


def _cause(number: int, cause: ReportCause) -> Iterator[str]:
    extent = f" {_inline(cause.extent)}" if cause.extent else ""
    yield f"**{number}\\. {_inline(cause.finding.rule)}**{extent}"
    yield _inline(cause.finding.message)
    if lines := [*cause.finding.first_lines(_MAX_LINES), *cause.notes, *cause_output_lines(cause)]:
        yield in_report_language(phrase("In {case}:", case=_inline(cause.shown_case)))
        yield f"<pre>{_escaped(joined(chr(10), lines))}</pre>"
    yield from (_inline(text) for text in (cause.follows_text, cause.cases_text) if text)


def _folded_note(note: FoldedNote) -> str:
    """Returns the note and a list of its details."""
    left_out = len(note.lines) - _MAX_NOTE_LINES
    lines = [
        *note.lines[:_MAX_NOTE_LINES],
        *([more_phrase(left_out)] if left_out > 0 else []),
    ]
    details = "".join(f"- {_inline(line)}\n" for line in lines)
    return f"{_inline(note.text)}\n\n" + (f"{details}\n" if details else "")


def _report_table(table: ReportTable) -> str:
    heads = [_inline(head) for head in table.heads]
    rows = [[_inline(cell.text) for cell in row] for row in table.rows]
    lines = (f"| {' | '.join(cells)} |\n" for cells in (heads, ["---"] * len(heads), *rows))
    note = f"\n{_inline(table.note)}\n" if table.note else ""
    return f"**{_inline(table.title)}**\n\n{''.join(lines)}{note}\n"


def _table(report: CommandReport) -> str:
    texts, ruler, cells = (
        (_COUNTS_HEAD, _COUNTS_RULER, _count_cells)
        if report.has_counts
        else (_TEXTS_HEAD, _TEXTS_RULER, _text_cells)
    )
    head = f"| {' | '.join(map(visible_text, texts))} |".replace("|  |", "| |")
    rows = (f"| {_SYMBOLS[case.outcome]} | {_inline(case.name)} | {cells(case)} |" for case in report.cases)
    return "\n".join([head, ruler, *rows]) + "\n"


def _count_cells(case: Case) -> str:
    seconds, requests = case.count_columns
    return f"{seconds} | {requests} | {_inline(case.broken_rules)}"


def _text_cells(case: Case) -> str:
    return f"{_inline(case.title)} | {_inline(_shortened(visible_text(case.findings_text)))}"


def _shortened(text: str) -> str:
    return text if len(text) <= _MAX_CELL_LENGTH else f"{text[:_MAX_CELL_LENGTH]}…"


def _details(case: Case) -> Iterator[str]:
    yield f"<details><summary><b>{_escaped(case.name)}</b> {_escaped(case.title)}</summary>\n"
    for finding in case.findings:
        cause = phrase(" (cause {number})", number=finding.cause) if finding.cause else ""
        yield f"<p><b>{_escaped(finding.rule)}</b>{_escaped(cause)}: {_escaped(finding.message)}</p>"
        if lines := finding.first_lines(_MAX_LINES_OF_CAUSE if finding.cause else _MAX_LINES):
            yield f"<pre>{_escaped(joined(chr(10), lines))}</pre>"
        yield from (f"<p>{_escaped(text)}</p>" for text in finding.follower_texts)
    yield from (f"<p>{_escaped(note)}</p>" for note in case.notes)
    yield "</details>\n"


def _inline(text: str) -> str:
    """Returns the text in one line. Characters with a meaning in Markdown or HTML are escaped."""
    return html.escape(_PUNCTUATION.sub(r"\\\1", " ".join(visible_text(text).split())), quote=False)


def _escaped(text: str) -> str:
    """Returns the text escaped for HTML and without empty lines: an empty line ends the HTML block."""
    return re.sub(r"\n\s*\n", "\n", html.escape(visible_text(text)))
