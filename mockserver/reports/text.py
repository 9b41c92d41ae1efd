"""A report in words: for people at a terminal and in a log."""

from __future__ import annotations

from collections.abc import Iterator

from workerkit.mockserver.reports.markup import legal
from workerkit.mockserver.reports.report import Case, Outcome

_MOST_EXCHANGES = 5
_MOST_OUTPUT_LINES = 20


def in_words(case: Case) -> str:
    """One case: a line, the rules broken with their exchanges, the notes; what failed has more of it."""
    head = f"{case.outcome.upper()}  {case.name}" + (f"  ({case.facts})" if case.facts else "")
    return legal("\n".join([head, *_details(case)]).replace("\r", "\n"))


def _details(case: Case) -> Iterator[str]:
    if case.outcome is Outcome.FAIL and case.title:
        yield f"  What it is about: {case.title}"
    for finding in case.findings:
        yield f"  {finding.rule}: {finding.message}"
        yield from (f"      {line}" for line in finding.first_lines(_MOST_EXCHANGES))
    yield from (f"  {note}" for note in case.notes)
    if case.outcome is Outcome.FAIL and case.output is not None:
        yield from (f"  {line}" for line in printed(case.output))


def printed(output: str) -> Iterator[str]:
    """What a worker printed, as far as people are shown it."""
    lines = output.splitlines()
    yield "The worker printed at the end:" if lines else "The worker printed nothing."
    yield from (f"    {line}" for line in lines[-_MOST_OUTPUT_LINES:])
