"""Fixtures: a report with harmless texts, and one with hostile text in every field."""

from __future__ import annotations

import pytest

from workerkit.mockserver.reports.report import (
    Case,
    CommandReport,
    Outcome,
    ReportCause,
    ReportFinding,
    ReportSection,
    ReportSentence,
)
from workerkit.mockserver.reports.timeline import (
    ExchangeBodies,
    StatusPeriod,
    TaskLane,
    Tick,
    Timeline,
    TimelineRow,
    TimelineRowKind,
)

HOSTILE = (
    "<script>alert(1)</script></pre></style><img src=//evil.example onerror=x>\"'&amp;]]><!--"
    "\x00\x08\x1b[31m\x1b]0;x\x07\ud800\uffff|`*_[x](javascript:y) @all\r\n\n# head\n</details>"
)


def timeline_with(text: str) -> Timeline:
    rows = (
        TimelineRow(
            TimelineRowKind.EXCHANGE,
            0.0,
            text,
            1,
            1,
            1,
            text,
            text,
            (text,),
            {"pending": 2, text: 1},
            (text,),
        ),
        TimelineRow(TimelineRowKind.EVENT, 0.5, text, statuses={"pending": 2}),
        TimelineRow(TimelineRowKind.REPEATED, 0.6, text, 2, 9, 8, "200", statuses={"completed": 2}),
        TimelineRow(TimelineRowKind.GAP, 0.0, text),
    )
    lanes = (TaskLane(text, (StatusPeriod("pending", 0.0, 0.5), StatusPeriod(text, 0.5, 1.0, 1))),)
    ticks = (Tick(0.0, 4, broke_rule=True), Tick(0.6, 2, broke_rule=False))
    return Timeline(1.0, rows, lanes, 3, ticks, ((0.5, text),), lambda number: ExchangeBodies(text, text))


def report_with(text: str) -> CommandReport:
    """Returns a report with a passed, a failed and a skipped case. The failed case has `text` everywhere."""
    cases = (
        Case("good-day", Outcome.PASS, "A day", 1.25, 12, output="fine"),
        Case(
            text,
            Outcome.FAIL,
            text,
            2.5,
            9,
            (
                ReportFinding(text, text, (text, text), 4, followers=(ReportFinding(text, text),)),
                ReportFinding("other-rule", "It went on.", cause=1),
            ),
            (text,),
            text,
            timeline_with(text),
        ),
        Case("night", Outcome.SKIP, notes=(text,)),
    )
    sentences = (
        ReportSentence(text, text, "broken", Outcome.FAIL, (text, "good-day", "an unknown case"), (text,)),
        ReportSentence(text, text, text, None, notes=(text,)),
    )
    sections = (
        ReportSection("Một", "One", (ReportSentence("Một.", "One.", "kept", Outcome.PASS, ("good-day",)),)),
        ReportSection(text, text, sentences),
    )
    finding = ReportFinding(text, text, (text, text), 4)
    cause = ReportCause(finding, text, (text, "an unknown case"), text, (text,), (text,), text)
    return CommandReport(text, text, 3.75, cases, (text,), sections, causes=(cause,), causes_heading=text)


@pytest.fixture
def report() -> CommandReport:
    return report_with("a text")


@pytest.fixture
def hostile_report() -> CommandReport:
    return report_with(HOSTILE)
