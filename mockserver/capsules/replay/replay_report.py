"""Reports the result of a replay: as text, as JSON, and as a report for files."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from workerkit.mockserver.capsules.comparison.difference import Difference, request_line
from workerkit.mockserver.capsules.replay.worker_replay import WorkerReplay
from workerkit.mockserver.reports.report import Case, CommandReport, Outcome, ReportFinding, more_phrase
from workerkit.mockserver.reports.text import worker_output_lines
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.formats.timestamp import time_text
from workerkit.openapi.formats.visible_text import visible_line
from workerkit.openapi.languages.phrase import joined, phrase

_MAX_LISTED = 5


@dataclass(frozen=True, slots=True)
class ReplaySummary:
    """The result of a replay, for reports.

    requests: how many requests were sent.
    difference: the first difference; None if the recording was reproduced.
    notes: sentences with further facts. An issue has them, too.
    output: the worker's output; None if there was no worker.
    hints: sentences for whoever runs the command: what was sent, and the next step.
    """

    requests: int
    difference: Difference | None
    notes: tuple[str, ...] = ()
    output: str | None = None
    hints: tuple[str, ...] = ()

    @property
    def all_notes(self) -> tuple[str, ...]:
        """The notes and the hints."""
        return self.notes + self.hints

    @property
    def verdict(self) -> str:
        """The verdict on one line, with the first difference."""
        if self.difference is None:
            return phrase("reproduced")
        return phrase("not reproduced: {difference}", difference=self.difference.text)


def summary_of_worker_replay(result: WorkerReplay, *, notes: Iterable[str], in_order: bool) -> ReplaySummary:
    """The summary of a replay to a worker.

    notes: the notes of the capsule. They come first.
    in_order: True if the requests had to come in the recorded order.
    """
    matched, missed, difference = result.matched, result.missed, result.difference
    count_note = phrase(
        "{matched} of {total} recorded requests were sent. Then {ended}.",
        matched=matched,
        total=matched + len(missed),
        ended=result.ended,
    )
    notes = [*notes, count_note]
    if not result.has_keys:
        notes.append(phrase("The recording contains no API key, so the worker's keys were not compared."))
    if difference is None:
        return ReplaySummary(matched, None, tuple(notes), result.output)
    last_input = (
        phrase("the answer to exchange {number}", number=difference.number - 1)
        if difference.number > 1
        else phrase("its settings")
    )
    all_notes = [
        *notes,
        phrase("Not sent: {listed}", listed=_listed(missed)),
        phrase(
            "Next: check what the worker did with {last_input}. If the worker is right, record again.",
            last_input=last_input,
        ),
    ]
    if in_order:
        all_notes.append(phrase("If the requests may come in any order, leave out --in-order."))
    return ReplaySummary(matched, difference, tuple(all_notes), result.output)


def notes_as_text(summary: ReplaySummary) -> str:
    """The notes for people, one on each line. If there is a difference, also the worker's output."""
    output = summary.output if summary.difference is not None else None
    lines = [*summary.all_notes, *(worker_output_lines(output) if output is not None else ())]
    return "\n".join(f"  {visible_line(line)}" for line in lines)


def summary_as_json(exchanges: int, summary: ReplaySummary) -> dict[str, Any]:
    """The summary for programs. `exchanges` is the number of exchanges in the capsule."""
    difference = summary.difference
    return {
        "verdict": "reproduced" if difference is None else "not reproduced",
        "exchanges": exchanges,
        "requests": summary.requests,
        "difference": None
        if difference is None
        else {
            "exchange": difference.number,
            "operation": difference.operation,
            "request": difference.request,
            "place": difference.place,
            "recorded": difference.recorded,
            "now": difference.now,
            "why": difference.why,
        },
        "notes": list(summary.all_notes),
    }


def command_report(name: str, summary: ReplaySummary, *, began: float, seconds: float) -> CommandReport:
    """The report of `workerkit replay`.

    name: the name of the capsule file.
    began: the start of the replay, in seconds since 1970.
    seconds: how long the replay took.
    """
    difference = summary.difference
    case = Case(
        name=name,
        outcome=Outcome.PASS if difference is None else Outcome.FAIL,
        seconds=seconds,
        requests=summary.requests,
        findings=() if difference is None else (ReportFinding(difference.place, difference.text),),
        notes=summary.all_notes,
        output=summary.output,
    )
    made = f"{time_text(began)}, workerkit {version('likepion-workerkit')}"
    return CommandReport("workerkit replay", summary.verdict, seconds, (case,), (made,))


def _listed(missed: tuple[Exchange, ...]) -> str:
    listed = [
        phrase("exchange {number} ({request})", number=exchange.number, request=request_line(exchange))
        for exchange in missed[:_MAX_LISTED]
    ]
    more = len(missed) - _MAX_LISTED
    return joined(", ", [*listed, *([more_phrase(more)] if more > 0 else [])])
