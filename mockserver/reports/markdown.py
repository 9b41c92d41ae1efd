"""A report as Markdown, and as the summary of a step in GitHub Actions."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from workerkit.mockserver.reports.element import legal
from workerkit.mockserver.reports.report import Case, Outcome, Report
from workerkit.mockserver.whole_file import CannotWrite

# GitHub takes 1 MiB for a step, of which others may want some, and nothing at all beyond that.
_MOST_BYTES = 256 * 1024
_MOST_LINES = 12
_MARKS = {Outcome.PASS: "✅", Outcome.FAIL: "❌", Outcome.SKIP: "⏭️"}
_PUNCTUATION = re.compile(r"([\\`*_{}\[\]()#+\-.!|~@:$])")


def as_markdown(report: Report) -> str:
    """The verdict, a table of the cases, and what was broken; at most 256 KiB, less than GitHub takes."""
    parts = [f"## {_inline(report.title)}\n\n{_inline(report.summary)}\n\n{_table(report)}"]
    size = len(parts[0].encode())
    for case in report.of(Outcome.FAIL):
        part = "\n".join(_details(case))
        size += len(part.encode()) + 1
        if size > _MOST_BYTES:
            parts.append("More is left out here: see the other reports.\n")
            break
        parts.append(part)
    return "\n".join(parts)


def add_step_summary(report: Report, environment: Mapping[str, str]) -> None:
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
        raise CannotWrite(
            f"GITHUB_STEP_SUMMARY={name} cannot be written: {error.strerror or error}"
        ) from None


def _table(report: Report) -> str:
    rows = ["| | case | seconds | requests | broken rules |", "| --- | --- | ---: | ---: | --- |"]
    return "\n".join([*rows, *map(_row, report.cases)]) + "\n"


def _row(case: Case) -> str:
    rules = ", ".join(dict.fromkeys(_inline(finding.rule) for finding in case.findings))
    seconds, requests = case.measures
    return f"| {_MARKS[case.outcome]} | {_inline(case.name)} | {seconds} | {requests} | {rules} |"


def _details(case: Case) -> Iterator[str]:
    yield f"<details><summary><b>{_escaped(case.name)}</b> {_escaped(case.title)}</summary>\n"
    for finding in case.findings:
        yield f"<p><b>{_escaped(finding.rule)}</b>: {_escaped(finding.message)}</p>"
        if lines := finding.shown(_MOST_LINES):
            yield f"<pre>{_escaped(chr(10).join(lines))}</pre>"
    yield from (f"<p>{_escaped(note)}</p>" for note in case.notes)
    yield "</details>\n"


def _inline(text: str) -> str:
    """A text in one line of Markdown in which nothing has a meaning."""
    return html.escape(_PUNCTUATION.sub(r"\\\1", " ".join(legal(text).split())), quote=False)


def _escaped(text: str) -> str:
    """A text in a block of HTML, which an empty line would end."""
    return re.sub(r"\n\s*\n", "\n", html.escape(legal(text)))
