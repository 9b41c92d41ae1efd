"""Writes a report as plain text, for a terminal or a log."""

from __future__ import annotations

from collections.abc import Iterator

from workerkit.mockserver.reports.report import Case, Outcome
from workerkit.openapi.formats.visible_text import visible_line, visible_text

_MAX_EXCHANGES = 5
_MAX_OUTPUT_LINES = 20


def case_text(case: Case) -> str:
    """Returns a case as text: its outcome and name, its findings and its notes.

    A failed case also has its description and the last lines of the worker's output.
    """
    head = f"{case.outcome.upper()}  {case.name}" + (f"  ({case.counts_text})" if case.counts_text else "")
    return "\n".join(map(visible_line, [head, *_details(case)]))


def _details(case: Case) -> Iterator[str]:
    if case.outcome is Outcome.FAIL and case.title:
        yield f"  Description: {case.title}"
    for finding in case.findings:
        yield f"  {finding.rule}: {finding.message}"
        yield from (f"      {line}" for line in finding.first_lines(_MAX_EXCHANGES))
    yield from (f"  {note}" for note in case.notes)
    if case.outcome is Outcome.FAIL and case.output is not None:
        yield from (f"  {line}" for line in worker_output_lines(case.output))


def worker_output_lines(output: str) -> Iterator[str]:
    """Returns a heading and the last 20 lines that a worker printed."""
    lines = visible_text(output).splitlines()
    yield "Last lines of the worker's output:" if lines else "The worker printed nothing."
    yield from (f"    {line}" for line in lines[-_MAX_OUTPUT_LINES:])
