"""Reports made by hand, with what is hostile in every text."""

from __future__ import annotations

import pytest

from workerkit.mockserver.reports.report import (
    Case,
    Chapter,
    CommandReport,
    Outcome,
    ReportFinding,
    ReportSentence,
)
from workerkit.mockserver.reports.timeline import Lane, Moment, MomentKind, Spell, Tick, Timeline

HOSTILE = (
    "<script>alert(1)</script></pre></style><img src=//evil.example onerror=x>\"'&amp;]]><!--"
    "\x00\x08\x1b[31m\x1b]0;x\x07\ud800\uffff|`*_[x](javascript:y) @all\r\n\n# head\n</details>"
)


def timeline(text: str) -> Timeline:
    moments = (
        Moment(
            MomentKind.EXCHANGE, 0.0, text, 1, 1, 1, text, text, (text,), {"pending": 2, text: 1}, (text,)
        ),
        Moment(MomentKind.HAPPENING, 0.5, text, statuses={"pending": 2}),
        Moment(MomentKind.FOLD, 0.6, text, 2, 9, 8, "200", statuses={"completed": 2}),
        Moment(MomentKind.GAP, 0.0, text),
    )
    lanes = (Lane(text, (Spell("pending", 0.0, 0.5), Spell(text, 0.5, 1.0))),)
    return Timeline(
        1.0, moments, lanes, 3, (Tick(0.0, 4, is_broken=True), Tick(0.6, 2, is_broken=False)), ((0.5, text),)
    )


def make(text: str) -> CommandReport:
    """A report with one case that passed, one that failed and one that was skipped."""
    cases = (
        Case("good-day", Outcome.PASS, "A day", 1.25, 12, output="fine"),
        Case(
            text,
            Outcome.FAIL,
            text,
            2.5,
            9,
            (ReportFinding(text, text, (text, text), 4), ReportFinding("other-rule", "It went on.")),
            (text,),
            text,
            timeline(text),
        ),
        Case("night", Outcome.SKIP, notes=(text,)),
    )
    sentences = (
        ReportSentence(
            text, text, "broken", Outcome.FAIL, (text, "good-day", "a case that there is not"), (text,)
        ),
        ReportSentence(text, text, text, None, notes=(text,)),
    )
    chapters = (
        Chapter("Một", "One", (ReportSentence("Một.", "One.", "kept", Outcome.PASS, ("good-day",)),)),
        Chapter(text, text, sentences),
    )
    return CommandReport(text, text, 3.75, cases, (text,), chapters)


@pytest.fixture
def report() -> CommandReport:
    return make("a text")


@pytest.fixture
def hostile() -> CommandReport:
    return make(HOSTILE)
