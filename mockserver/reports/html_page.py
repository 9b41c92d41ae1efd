"""A report as one HTML page that needs nothing else: no script, no request, everything escaped."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from importlib import resources
from xml.etree.ElementTree import Element, tostring

from workerkit.mockserver.reports.markup import Child, element
from workerkit.mockserver.reports.page_chapters import anchor, the_page
from workerkit.mockserver.reports.report import Aside, Case, CommandReport, Outcome, ReportFinding
from workerkit.mockserver.reports.timeline import Moment, MomentKind, Spell, Timeline
from workerkit.mockserver.reports.timeline_picture import bar, in_order, picture, swatch

_MOST_LINES = 40
_STEPS = 4
_COUNTED: tuple[tuple[str, str | None], ...] = (
    *(("verdict", None), ("case", None), ("seconds", "number"), ("requests", "number")),
    ("broken rules", None),
)
_TOLD: tuple[tuple[str, str | None], ...] = (
    *(("verdict", None), ("case", None), ("what it is about", None)),
    ("what was found", None),
)
_COLUMNS = ("exchange", "at", "request", "answer", "tasks")


def as_page(report: CommandReport) -> bytes:
    """The report as a page: the cases in a table, then each with what was broken and what happened when."""
    body = element(
        "body",
        element("h1", report.title),
        element("p", report.summary, class_=f"verdict {report.outcome}"),
        *(element("p", note) for note in report.notes),
        *map(_aside, report.asides),
        *the_page(report),
        _table(report),
        element("main", *(_case(index, case) for index, case in enumerate(report.cases))),
    )
    page = element("html", _head(report), body, lang="en")
    return b"<!doctype html>\n" + tostring(page, encoding="unicode", method="html").encode()


def _head(report: CommandReport) -> Element:
    style = resources.files("workerkit.mockserver.reports").joinpath("page.css").read_text("utf-8")
    digest = b64encode(sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=policy),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="referrer", content="no-referrer"),
        element("title", f"{report.outcome.upper()}: {report.title}"),
        element("style", style),
    )


def _aside(aside: Aside) -> Element:
    if not aside.lines:
        return element("p", aside.text)
    lines = element("ul", *(element("li", line) for line in aside.lines))
    return element("details", element("summary", aside.text), lines)


def _table(report: CommandReport) -> Element:
    """The cases in a table: what each took and broke or, where that is not counted, what each is about."""
    columns, cells = (_COUNTED, _counts) if report.is_counted else (_TOLD, _words)
    heads = element("tr", *(element("th", name, scope="col", class_=kind) for name, kind in columns))
    rows = (_line(index, case, cells(case)) for index, case in enumerate(report.cases))
    return element("table", element("thead", heads), element("tbody", *rows), class_="cases")


def _line(index: int, case: Case, cells: Iterable[Element]) -> Element:
    name = element("a", case.name, href=f"#{anchor(index)}")
    return element("tr", element("td", _word(case.outcome)), element("td", name), *cells)


def _counts(case: Case) -> Iterator[Element]:
    yield from (element("td", measure, class_="number") for measure in case.measures)
    yield element("td", case.broken, class_="rules")


def _words(case: Case) -> Iterator[Element]:
    yield element("td", case.title)
    yield element("td", case.found, class_="rules")


def _case(index: int, case: Case) -> Element:
    title = element("span", case.title, class_="title") if case.title else None
    is_open = "open" if case.outcome is Outcome.FAIL else None
    summary = element("summary", _word(case.outcome), " ", element("h2", case.name), title)
    # The link leads to what is inside, so that a browser opens the case.
    facts = element("p", case.facts, class_="soft", id=anchor(index))
    return element("details", summary, facts, *_inside(case), class_="case", open=is_open)


def _inside(case: Case) -> Iterator[Element]:
    yield from map(_finding, case.findings)
    yield from (element("p", note) for note in case.notes)
    if case.timeline is not None and case.timeline.moments:
        yield from _timeline(case.timeline)
    if case.output is not None:
        yield element("h3", "What the worker printed")
        yield element("pre", case.output, tabindex=0) if case.output else element("p", "Nothing.")


def _finding(finding: ReportFinding) -> Element:
    lines = finding.first_lines(_MOST_LINES)
    shown = element("pre", "\n".join(lines), tabindex=0) if lines else None
    rule = element("p", element("strong", finding.rule))
    return element("section", rule, element("p", finding.message), shown, class_="finding")


def _timeline(timeline: Timeline) -> Iterator[Element]:
    yield element("h3", "The tasks over time")
    yield picture(timeline)
    steps = (timeline.seconds * step / _STEPS for step in range(_STEPS + 1))
    marks = (element("span", f"{at:.{2 if timeline.seconds > 1 else 3}f} s") for at in steps)
    yield element("div", *marks, class_="scale", aria_hidden="true")
    yield _legend(timeline)
    yield _each_task(timeline)
    yield element("h3", "Exchanges, and the states of the tasks after them")
    yield _moments(timeline.moments)


def _legend(timeline: Timeline) -> Element:
    statuses = in_order(spell.status for lane in timeline.lanes for spell in lane.spells)
    more = f"{timeline.more_lanes} more tasks have no lane" if timeline.more_lanes else None
    happenings = (f"┆ {text} at {at:.3f} s" for at, text in timeline.happenings)
    return element(
        "ul",
        *(element("li", swatch(status), status) for status in statuses),
        element("li", "above the lanes: the exchanges, the longer ones broke a rule"),
        *(element("li", text) for text in happenings),
        element("li", more) if more else None,
        class_="legend",
    )


def _each_task(timeline: Timeline) -> Element:
    """The lanes in words, folded away."""
    lanes = (
        element("li", element("code", lane.task), ": ", ", ".join(map(_since, lane.spells)))
        for lane in timeline.lanes
    )
    return element("details", element("summary", "Each task in words"), element("ul", *lanes, class_="lanes"))


def _since(spell: Spell) -> str:
    return f"{spell.status} from {spell.begin:.3f} s"


def _moments(moments: tuple[Moment, ...]) -> Element:
    heads = element("tr", *(element("th", name, scope="col") for name in _COLUMNS))
    before = ({}, *(moment.statuses for moment in moments))
    rows = (_row(moment, was) for moment, was in zip(moments, before, strict=False))
    return element("table", element("thead", heads), element("tbody", *rows), class_="moments")


def _row(moment: Moment, before: Mapping[str, int]) -> Element:
    if moment.kind is MomentKind.GAP:
        return element("tr", element("td", moment.text, colspan=len(_COLUMNS)), class_="gap")
    marks = f"{moment.kind} broken" if moment.rules else f"{moment.kind}"
    return element(
        "tr",
        element("td", _numbers(moment), class_="number"),
        element("td", f"{moment.at:.3f} s", class_="number"),
        element("td", *_request(moment)),
        element("td", moment.answer, *_reason(moment)),
        element("td", *_tasks(moment, before)),
        class_=marks,
    )


def _numbers(moment: Moment) -> str:
    if moment.kind is MomentKind.HAPPENING:
        return ""
    return f"#{moment.first}" if moment.kind is MomentKind.EXCHANGE else f"#{moment.first} to #{moment.last}"


def _request(moment: Moment) -> Iterator[Child]:
    times = f"{moment.count} times " if moment.kind is MomentKind.FOLD else ""
    yield element("span", f"{times}{moment.text}", class_="told")
    if moment.rules:
        yield element("div", f"✗ broke {', '.join(moment.rules)}", class_="fail")


def _reason(moment: Moment) -> Iterator[Child]:
    if moment.why:
        yield element("div", moment.why, class_="soft")


def _tasks(moment: Moment, before: Mapping[str, int]) -> Iterator[Child]:
    if moment.statuses and moment.statuses != before:
        yield bar(moment.statuses)
        counts = (f"{moment.statuses[status]} {status}" for status in in_order(moment.statuses))
        yield ", ".join(counts)
    yield from (element("div", change, class_="soft") for change in moment.changes)


def _word(outcome: Outcome) -> Element:
    return element("span", outcome.upper(), class_=str(outcome))
