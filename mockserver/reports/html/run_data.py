"""The timelines of a report as JSON, for the script of the HTML page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from workerkit.mockserver.reports.html.page_script import script_phrases
from workerkit.mockserver.reports.html.script_json import script_json, script_size
from workerkit.mockserver.reports.html.shown_bodies import shown_bodies
from workerkit.mockserver.reports.report import Case, CommandReport
from workerkit.mockserver.reports.timeline import TaskLane, Tick, Timeline, TimelineRow, TimelineRowKind
from workerkit.openapi.formats.visible_text import visible_text
from workerkit.openapi.languages.catalogue import ENGLISH
from workerkit.openapi.languages.phrase import phrase
from workerkit.openapi.languages.report_language import in_report_language, report_language
from workerkit.openapi.spec.api import worker_api

_TICK_PLACES = 1000
# The bytes of all bodies, and of the whole data with bodies. The page has to stay below 1 MB.
_MOST_BODIES, _MOST_BYTES = 250_000, 600_000
# A row has the index of its kind.
_KINDS = tuple(TimelineRowKind)


def run_data(report: CommandReport) -> str:
    """Returns the JSON for a `script` element. No text in it can end the element.

    statuses: the statuses of tasks, in the order in which a task passes through them.
    texts: all other texts. Wherever a text is meant, the JSON has its index here.
    runs: for each case its run, or null.
    translations: the texts of the script in the language of the report, by their English texts. Empty for
        English.

    run.js reads this.
    """
    data = _RunData(report)
    value = {
        "runs": data.runs,
        "statuses": data.statuses,
        "texts": list(data.texts),
        "translations": {} if report_language() == ENGLISH else _translations(),
    }
    return script_json(value)


def _translations() -> dict[str, str]:
    return {english: in_report_language(phrase(english)) for english in script_phrases()}


class _RunData:
    def __init__(self, report: CommandReport) -> None:
        self.texts: dict[str, int] = {}
        self.statuses = _statuses(report.cases)
        self.runs = [None if case.timeline is None else self._run(case.timeline) for case in report.cases]
        self._add_bodies(report.cases)

    def _run(self, timeline: Timeline) -> dict[str, Any]:
        statuses_before = ({}, *(row.statuses for row in timeline.rows))
        return {
            "milliseconds": _milliseconds(timeline.seconds),
            "more": timeline.tasks_without_lane,
            "lanes": [self._lane(lane) for lane in timeline.lanes],
            "ticks": _tick_places(timeline.ticks, timeline.seconds or 1.0),
            "events": [[_milliseconds(at), self._text(text)] for at, text in timeline.events],
            "rows": [
                self._row(row, has_new_statuses=row.statuses != before)
                for row, before in zip(timeline.rows, statuses_before, strict=False)
            ],
        }

    def _lane(self, lane: TaskLane) -> list[Any]:
        """Returns the task, and three numbers for each period: its status, its begin, its exchange."""
        periods = (
            (self.statuses.index(visible_text(period.status)), _milliseconds(period.begin), period.number)
            for period in lane.periods
        )
        return [self._text(lane.task), *(number for period in periods for number in period)]

    def _row(self, row: TimelineRow, *, has_new_statuses: bool) -> list[Any]:
        counts = {visible_text(status): count for status, count in row.statuses.items()}
        return [
            *(
                _KINDS.index(row.kind),
                _milliseconds(row.at),
                self._text(row.text),
                row.first,
                row.last,
                row.count,
            ),
            *(self._text(row.answer), self._text(row.why), list(map(self._text, row.changes))),
            [counts.get(status, 0) for status in self.statuses] if has_new_statuses else 0,
            list(map(self._text, row.rules)),
        ]

    def _add_bodies(self, cases: Sequence[Case]) -> None:
        """Appends to rows the body of the request and that of the answer, as long as the page has room."""
        room = min(_MOST_BODIES, _MOST_BYTES - script_size([self.runs, [*self.texts]]))
        for (case, row), bodies in shown_bodies(cases, room).items():
            run = self.runs[case]
            assert run is not None
            run["rows"][row] += [self._text(bodies.sent), self._text(bodies.received)]

    def _text(self, text: str) -> int:
        return self.texts.setdefault(visible_text(text), len(self.texts))


def _statuses(cases: Iterable[Case]) -> list[str]:
    timelines = [case.timeline for case in cases if case.timeline is not None]
    lanes = (lane for timeline in timelines for lane in timeline.lanes)
    in_rows = (status for timeline in timelines for row in timeline.rows for status in row.statuses)
    found = {*(period.status for lane in lanes for period in lane.periods), *in_rows}
    known = worker_api().enumeration("TaskStatus")
    return [*known, *sorted({visible_text(status) for status in found} - {*known})]


def _tick_places(ticks: Iterable[Tick], seconds: float) -> dict[str, list[int]]:
    """Returns the places of the ticks, in thousandths of the picture's width, by their CSS class."""
    places: dict[str, list[int]] = {}
    for tick in ticks:
        places.setdefault(_tick_class(tick), []).append(round(tick.at / seconds * _TICK_PLACES))
    return places


def _tick_class(tick: Tick) -> str:
    if tick.broke_rule:
        return "broken"
    return {2: "good", 0: "none"}.get(tick.status_class, "bad")


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)
