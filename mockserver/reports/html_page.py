"""Writes a report as one HTML page. The page loads nothing, and all texts are escaped.

It has a script only if it has commands: the script copies them.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from importlib import resources
from xml.etree.ElementTree import Element, tostring

from workerkit.mockserver.reports.api_page_sections import api_page_sections
from workerkit.mockserver.reports.case_links import case_anchor
from workerkit.mockserver.reports.cause_sections import cause_anchor, cause_sections
from workerkit.mockserver.reports.markup import Child, element
from workerkit.mockserver.reports.report import (
    Case,
    CommandReport,
    FoldedNote,
    Outcome,
    ReportCommand,
    ReportFinding,
)
from workerkit.mockserver.reports.table_sections import table_sections
from workerkit.mockserver.reports.timeline import StatusPeriod, Timeline, TimelineRow, TimelineRowKind
from workerkit.mockserver.reports.timeline_picture import (
    sorted_statuses,
    status_bar,
    status_square,
    timeline_picture,
)

_MAX_LINES = 40
_SCALE_STEPS = 4
# Heading and CSS class of each column.
_Columns = tuple[tuple[str, str | None], ...]
_COUNTS_COLUMNS: _Columns = (
    *(("verdict", None), ("case", None), ("seconds", "number"), ("requests", "number")),
    ("broken rules", None),
)
_TEXTS_COLUMNS: _Columns = (("verdict", None), ("case", None), ("description", None), ("findings", None))
_TIMELINE_COLUMNS = ("exchange", "at", "request", "answer", "tasks")


def html_report(report: CommandReport) -> bytes:
    """Returns the page: the verdict, the causes, notes, the API page, a table of all cases, and each case in
    detail.

    A failed case is open if it is the only one, or if its findings are not explained by the causes.
    """
    is_only = len(report.cases_with(Outcome.FAIL)) == 1
    cases = (
        _case(index, case, is_open=case.outcome is Outcome.FAIL and (is_only or not case.is_explained))
        for index, case in enumerate(report.cases)
    )
    body = element(
        "body",
        element("h1", report.title),
        element("p", report.summary, class_=f"verdict {report.outcome}"),
        *cause_sections(report),
        *(element("p", note) for note in report.notes),
        *map(_folded_note, report.folded_notes),
        *table_sections(report),
        *api_page_sections(report),
        _cases_table(report),
        element("main", *cases),
        element("script", _part("page.js")) if report.has_commands else None,
    )
    page = element("html", _head(report), body, lang="en")
    return b"<!doctype html>\n" + tostring(page, encoding="unicode", method="html").encode()


def _head(report: CommandReport) -> Element:
    style = _part("page.css")
    script = f" script-src '{_digest(_part('page.js'))}';" if report.has_commands else ""
    policy = f"default-src 'none'; style-src '{_digest(style)}';{script} base-uri 'none'; form-action 'none'"
    return element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=policy),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="referrer", content="no-referrer"),
        element("title", f"{report.outcome.upper()}: {report.title}"),
        element("style", style),
    )


def _part(name: str) -> str:
    return resources.files("workerkit.mockserver.reports").joinpath(name).read_text("utf-8")


def _digest(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"


def _folded_note(note: FoldedNote) -> Element:
    if not note.lines:
        return element("p", note.text)
    lines = element("ul", *(element("li", line) for line in note.lines))
    return element("details", element("summary", note.text), lines)


def _cases_table(report: CommandReport) -> Element:
    columns, cells = (_COUNTS_COLUMNS, _count_cells) if report.has_counts else (_TEXTS_COLUMNS, _text_cells)
    head = element("tr", *(element("th", name, scope="col", class_=kind) for name, kind in columns))
    rows = (_case_row(index, case, cells(case)) for index, case in enumerate(report.cases))
    return element("table", element("thead", head), element("tbody", *rows), class_="cases")


def _case_row(index: int, case: Case, cells: Iterable[Element]) -> Element:
    name = element("a", case.name, href=f"#{case_anchor(index)}")
    return element("tr", element("td", _outcome(case.outcome)), element("td", name), *cells)


def _count_cells(case: Case) -> Iterator[Element]:
    yield from (element("td", text, class_="number") for text in case.count_columns)
    yield element("td", case.broken_rules, class_="rules")


def _text_cells(case: Case) -> Iterator[Element]:
    yield element("td", case.title)
    yield element("td", case.findings_text, class_="rules")


def _case(index: int, case: Case, *, is_open: bool) -> Element:
    title = element("span", case.title, class_="title") if case.title else None
    summary = element("summary", _outcome(case.outcome), " ", element("h2", case.name), title)
    # A link opens a closed `details` element only if its target is an element inside.
    counts = element("p", case.counts_text, class_="soft", id=case_anchor(index))
    return element(
        "details", summary, counts, *_case_parts(case), class_="case", open="open" if is_open else None
    )


def _case_parts(case: Case) -> Iterator[Element]:
    yield from map(_finding, case.findings)
    yield from (element("p", note) for note in case.notes)
    if case.timeline is not None and case.timeline.rows:
        yield from _timeline_parts(case.timeline)
    if case.output is not None:
        yield element("h3", "Output of the worker")
        if case.output:
            yield element("pre", case.output, tabindex=0)
        else:
            yield element("p", "The worker printed nothing.")


def _finding(finding: ReportFinding) -> Element:
    rule = element("p", element("strong", finding.rule), *_cause_link(finding))
    followers = (element("p", text) for text in finding.follower_texts)
    message = element("p", finding.message)
    return element("section", rule, message, *_exchanges(finding), *followers, class_="finding")


def _cause_link(finding: ReportFinding) -> Iterator[Child]:
    if finding.cause:
        yield " ("
        yield element("a", f"cause {finding.cause}", href=f"#{cause_anchor(finding.cause)}")
        yield ")"


def _exchanges(finding: ReportFinding) -> Iterator[Element]:
    lines = finding.first_lines(_MAX_LINES)
    if finding.commands:
        yield from map(_command, finding.commands)
    elif lines:
        yield element("pre", "\n".join(lines), tabindex=0)


def _command(command: ReportCommand) -> Element:
    return element(
        "div",
        element("button", "Copy", type="button", class_="copy", hidden="hidden"),
        element("p", f"#{command.number}"),
        element("pre", command.command, tabindex=0),
        element("p", command.answer),
        class_="command",
    )


def _timeline_parts(timeline: Timeline) -> Iterator[Element]:
    yield element("h3", "Statuses of the tasks over time")
    yield timeline_picture(timeline)
    steps = (timeline.seconds * step / _SCALE_STEPS for step in range(_SCALE_STEPS + 1))
    labels = (element("span", f"{at:.{2 if timeline.seconds > 1 else 3}f} s") for at in steps)
    yield element("div", *labels, class_="scale", aria_hidden="true")
    yield _legend(timeline)
    yield _lane_texts(timeline)
    yield element("h3", "Exchanges, and the statuses of the tasks after each exchange")
    yield _timeline_table(timeline.rows)


def _legend(timeline: Timeline) -> Element:
    statuses = sorted_statuses(period.status for lane in timeline.lanes for period in lane.periods)
    more = timeline.tasks_without_lane
    events = (f"┆ {text} at {at:.3f} s" for at, text in timeline.events)
    return element(
        "ul",
        *(element("li", status_square(status), status) for status in statuses),
        element("li", "Ticks above the tasks are requests; requests that broke a rule are tall and red"),
        *(element("li", text) for text in events),
        element("li", f"{more} more tasks are not shown") if more else None,
        class_="legend",
    )


def _lane_texts(timeline: Timeline) -> Element:
    """Returns the lanes of the picture as text. The page shows the text after a click on a heading."""
    lanes = (
        element("li", element("code", lane.task), ": ", ", ".join(map(_period_text, lane.periods)))
        for lane in timeline.lanes
    )
    summary = element("summary", "The statuses of each task as text")
    return element("details", summary, element("ul", *lanes, class_="lanes"))


def _period_text(period: StatusPeriod) -> str:
    return f"{period.status} from {period.begin:.3f} s"


def _timeline_table(rows: tuple[TimelineRow, ...]) -> Element:
    head = element("tr", *(element("th", name, scope="col") for name in _TIMELINE_COLUMNS))
    statuses_before = ({}, *(row.statuses for row in rows))
    lines = (_timeline_line(row, before) for row, before in zip(rows, statuses_before, strict=False))
    return element("table", element("thead", head), element("tbody", *lines), class_="moments")


def _timeline_line(row: TimelineRow, statuses_before: Mapping[str, int]) -> Element:
    if row.kind is TimelineRowKind.GAP:
        return element("tr", element("td", row.text, colspan=len(_TIMELINE_COLUMNS)), class_="gap")
    return element(
        "tr",
        element("td", _numbers(row), class_="number"),
        element("td", f"{row.at:.3f} s", class_="number"),
        element("td", *_request(row)),
        element("td", row.answer, *_reason(row)),
        element("td", *_tasks(row, statuses_before)),
        class_=f"{row.kind} broken" if row.rules else f"{row.kind}",
    )


def _numbers(row: TimelineRow) -> str:
    if row.kind is TimelineRowKind.EVENT:
        return ""
    return f"#{row.first}" if row.kind is TimelineRowKind.EXCHANGE else f"#{row.first} to #{row.last}"


def _request(row: TimelineRow) -> Iterator[Child]:
    times = f"{row.count} times " if row.kind is TimelineRowKind.REPEATED else ""
    yield element("span", f"{times}{row.text}", class_="told")
    if row.rules:
        yield element("div", f"✗ broke {', '.join(row.rules)}", class_="fail")


def _reason(row: TimelineRow) -> Iterator[Child]:
    if row.why:
        yield element("div", row.why, class_="soft")


def _tasks(row: TimelineRow, statuses_before: Mapping[str, int]) -> Iterator[Child]:
    if row.statuses and row.statuses != statuses_before:
        yield status_bar(row.statuses)
        counts = (f"{row.statuses[status]} {status}" for status in sorted_statuses(row.statuses))
        yield ", ".join(counts)
    yield from (element("div", change, class_="soft") for change in row.changes)


def _outcome(outcome: Outcome) -> Element:
    return element("span", outcome.upper(), class_=str(outcome))
