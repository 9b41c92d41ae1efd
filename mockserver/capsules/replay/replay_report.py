"""What is said of a replay: as a report, and in JSON for programs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from workerkit.mockserver.capsules.replay.matching import Difference, asked_for
from workerkit.mockserver.capsules.replay.worker_replay import WorkerReplay
from workerkit.mockserver.reports.markup import legal
from workerkit.mockserver.reports.report import Case, CommandReport, Outcome, ReportFinding
from workerkit.mockserver.reports.text import printed
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.formats.timestamp import written

_MOST_MISSED = 5


@dataclass(frozen=True, slots=True)
class ReplaySummary:
    """How a replay of so many `requests` came out; `notes` say what else there is to know, and what to do.

    `output` is what a command printed, None where there was none.
    """

    requests: int
    difference: Difference | None
    notes: tuple[str, ...] = ()
    output: str | None = None

    @property
    def summary(self) -> str:
        """The verdict in a line, with the first difference."""
        return "reproduced" if self.difference is None else f"not reproduced: {self.difference}"


def summary_of_worker_replay(
    performance: WorkerReplay, *, noted: Iterable[str], in_order: bool
) -> ReplaySummary:
    """What is said of a play, behind what was noted; where the worker asked otherwise, with the next step."""
    matched, missed, difference = performance.matched, performance.missed, performance.difference
    came = f"{matched} of {matched + len(missed)} recorded requests came; {performance.ended}"
    if difference is None:
        return ReplaySummary(matched, None, (*noted, came), performance.output)
    after = f"the answer to exchange {difference.number - 1}" if difference.number > 1 else "its settings"
    notes = [
        *noted,
        came,
        f"not asked: {_listed(missed)}",
        f"next: see what the worker made of {after}; if it may well ask otherwise, record it anew",
    ]
    if in_order:
        notes.append("if its requests may come in any order: leave out --in-order")
    return ReplaySummary(matched, difference, tuple(notes), performance.output)


def in_words(told: ReplaySummary) -> str:
    """The notes and, where a worker asked otherwise, what it printed, for people: a line each."""
    output = told.output if told.difference is not None else None
    lines = [*told.notes, *(printed(output) if output is not None else ())]
    return legal("\n".join(f"  {line}" for line in lines).replace("\r", "\n"))


def as_json(exchanges: int, told: ReplaySummary) -> dict[str, Any]:
    """The verdict on a replay of a capsule of so many exchanges."""
    difference = told.difference
    return {
        "verdict": "reproduced" if difference is None else "not reproduced",
        "exchanges": exchanges,
        "requests": told.requests,
        "difference": None
        if difference is None
        else {
            "exchange": difference.number,
            "operation": difference.operation,
            "request": difference.asked,
            "place": difference.place,
            "recorded": difference.recorded,
            "now": difference.now,
        },
        "notes": list(told.notes),
    }


def report_of(name: str, told: ReplaySummary, *, began: float, seconds: float) -> CommandReport:
    """The report on the replay of a file, which began then, in seconds since 1970, and took so long."""
    difference = told.difference
    case = Case(
        name=name,
        outcome=Outcome.PASS if difference is None else Outcome.FAIL,
        seconds=seconds,
        requests=told.requests,
        findings=() if difference is None else (ReportFinding(difference.place, str(difference)),),
        notes=told.notes,
        output=told.output,
    )
    made = f"{written(began)}, workerkit {version('likepion-workerkit')}"
    return CommandReport("workerkit replay", told.summary, seconds, (case,), (made,))


def _listed(missed: tuple[Exchange, ...]) -> str:
    shown = [f"exchange {each.number} ({asked_for(each)})" for each in missed[:_MOST_MISSED]]
    more = len(missed) - _MOST_MISSED
    return ", ".join([*shown, *([f"and {more} more"] if more > 0 else [])])
