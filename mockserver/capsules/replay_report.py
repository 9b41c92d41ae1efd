"""What is said of a replay: as a report, and in JSON for programs."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import version
from typing import Any

from workerkit.mockserver.capsules.matching import Difference, asked_for
from workerkit.mockserver.capsules.playing import Performance
from workerkit.mockserver.reports.report import Case, Finding, Outcome, Report
from workerkit.openapi.instant import written

_MOST_MISSED = 5


def as_json(exchanges: int, difference: Difference | None) -> dict[str, Any]:
    """The verdict on a replay of so many exchanges."""
    return {
        "verdict": "reproduced" if difference is None else "not reproduced",
        "exchanges": exchanges,
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
    }


def told_of(performance: Performance, *, in_order: bool) -> list[str]:
    """What else there is to know of a play, and what to do next where the worker asked otherwise."""
    matched, missed = performance.matched, performance.missed
    notes = [f"{matched} of {matched + len(missed)} recorded requests came; {performance.ended}"]
    if performance.difference is None:
        return notes
    shown = [f"{each.number} ({asked_for(each)})" for each in missed[:_MOST_MISSED]]
    more = [f"{len(missed) - _MOST_MISSED} more"] if len(missed) > _MOST_MISSED else []
    notes.append(f"never asked: exchanges {', '.join([*shown, *more])}")
    notes.append(
        "next: look what the worker got before this request; if it is right to ask so, record it anew"
        + (", or leave out --in-order if any order will do" if in_order else "")
    )
    printed = performance.output.rstrip()
    return [*notes, f"the worker printed: {printed}" if printed else "the worker printed nothing"]


def report_of(
    name: str, difference: Difference | None, notes: Iterable[str], *, began: float, seconds: float
) -> Report:
    """The report on the replay of a file, which began then, in seconds since 1970, and took so long."""
    outcome = Outcome.PASS if difference is None else Outcome.FAIL
    findings = () if difference is None else (Finding(difference.place, str(difference)),)
    summary = "reproduced" if difference is None else "not reproduced"
    case = Case(name=name, outcome=outcome, seconds=seconds, findings=findings, notes=tuple(notes))
    made = f"{written(began)}, workerkit {version('likepion-workerkit')}"
    return Report("workerkit replay", summary, seconds, (case,), (made,))
