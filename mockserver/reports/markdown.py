"""A report as Markdown, and as the summary of a step in GitHub Actions."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from workerkit.mockserver.atomic_file import CannotWriteError
from workerkit.mockserver.reports.markup import legal
from workerkit.mockserver.reports.report import Case, CommandReport, Outcome

# GitHub takes 1 MiB for a step, of which others may want some, and nothing at all beyond that.
_MOST_BYTES = 256 * 1024
_MOST_LINES = 12
_MARKS = {Outcome.PASS: "✅", Outcome.FAIL: "❌", Outcome.SKIP: "⏭️"}
_LONGEST_CELL = 200
_COUNTED = ("| | case | seconds | requests | broken rules |", "| --- | --- | ---: | ---: | --- |")
_TOLD = ("| | case | what it is about | what was found |", "| --- | --- | --- | --- |")
_PUNCTUATION = re.compile(r"([\\`*_{}\[\]()#+\-.!|~@:$])")


def as_markdown(report: CommandReport) -> str:
    """Verdict, notes, a table of the cases, and what was broken; at most 256 KiB, less than GitHub takes."""
    text = (*report.notes, *(aside.text for aside in report.asides))
    notes = "".join(f"{_inline(note)}\n\n" for note in text)
    parts = [f"## {_inline(report.title)}\n\n{_inline(report.summary)}\n\n{notes}{_table(report)}"]
    size = len(parts[0].encode())
    for case in report.of(Outcome.FAIL):
        part = "\n".join(_details(case))
        size += len(part.encode()) + 1
        if size > _MOST_BYTES:
            parts.append("More is left out here: see the other reports.\n")
            break
        parts.append(part)
    return "\n".join(parts)


def add_step_summary(report: CommandReport, environment: Mapping[str, str]) -> None:
    """In GitHub Actions, adds the report to the summary of the step; elsewhere does nothing.

    Raises CannotWrite.
    """
    name = environment.get("GITHUB_STEP_SUMMARY")
    if environment.get("GITHUB_ACTIONS") != "true" or not name:
        return
    try:
        with Path(name).open("a", encoding="utf-8") as file:
            file.write(as_markdown(report) + "\n")
    except OSError as error:
        raise CannotWriteError(
            f"GITHUB_STEP_SUMMARY={name} cannot be written: {error.strerror or error}"
        ) from None


def _table(report: CommandReport) -> str:
    """As on the page: what each case took and broke or, where that is not counted, what each is about."""
    heads, cells = (_COUNTED, _counts) if report.is_counted else (_TOLD, _words)
    rows = (f"| {_MARKS[case.outcome]} | {_inline(case.name)} | {cells(case)} |" for case in report.cases)
    return "\n".join([*heads, *rows]) + "\n"


def _counts(case: Case) -> str:
    seconds, requests = case.measures
    return f"{seconds} | {requests} | {_inline(case.broken)}"


def _words(case: Case) -> str:
    return f"{_inline(case.title)} | {_inline(_shortened(case.found))}"


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST_CELL else f"{text[:_LONGEST_CELL]}…"


def _details(case: Case) -> Iterator[str]:
    yield f"<details><summary><b>{_escaped(case.name)}</b> {_escaped(case.title)}</summary>\n"
    for finding in case.findings:
        yield f"<p><b>{_escaped(finding.rule)}</b>: {_escaped(finding.message)}</p>"
        if lines := finding.first_lines(_MOST_LINES):
            yield f"<pre>{_escaped(chr(10).join(lines))}</pre>"
    yield from (f"<p>{_escaped(note)}</p>" for note in case.notes)
    yield "</details>\n"


def _inline(text: str) -> str:
    """A text in one line of Markdown in which nothing has a meaning."""
    return html.escape(_PUNCTUATION.sub(r"\\\1", " ".join(legal(text).split())), quote=False)


def _escaped(text: str) -> str:
    """A text in a block of HTML, which an empty line would end."""
    return re.sub(r"\n\s*\n", "\n", html.escape(legal(text)))
