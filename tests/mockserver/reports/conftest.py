"""Reports made by hand, with what is hostile in every text."""

from __future__ import annotations

import pytest

from workerkit.mockserver.reports.report import Case, Chapter, Finding, Outcome, Report, Sentence
from workerkit.mockserver.reports.timeline import Kind, Lane, Moment, Spell, Tick, Timeline

HOSTILE = (
    "<script>alert(1)</script></pre></style><img src=//evil.example onerror=x>\"'&amp;]]><!--"
    "\x00\x08\x1b[31m\x1b]0;x\x07\ud800\uffff|`*_[x](javascript:y) @all\r\n\n# head\n</details>"
)


def timeline(text: str) -> Timeline:
    moments = (
        Moment(Kind.EXCHANGE, 0.0, text, 1, 1, 1, text, text, (text,), {"pending": 2, text: 1}, (text,)),
        Moment(Kind.HAPPENING, 0.5, text, statuses={"pending": 2}),
        Moment(Kind.FOLD, 0.6, text, 2, 9, 8, "200", statuses={"completed": 2}),
        Moment(Kind.GAP, 0.0, text),
    )
    lanes = (Lane(text, (Spell("pending", 0.0, 0.5), Spell(text, 0.5, 1.0))),)
    return Timeline(
        1.0, moments, lanes, 3, (Tick(0.0, 4, is_broken=True), Tick(0.6, 2, is_broken=False)), ((0.5, text),)
    )


def make(text: str) -> Report:
    """A report with one case that passed, one that failed and one that was skipped."""
    cases = (
        Case("good-day", Outcome.PASS, "A day", 1.25, 12, output="fine"),
        Case(
            text,
            Outcome.FAIL,
            text,
            2.5,
            9,
            (Finding(text, text, (text, text), 4), Finding("other-rule", "It went on.")),
            (text,),
            text,
            timeline(text),
        ),
        Case("night", Outcome.SKIP, notes=(text,)),
    )
    sentences = (
        Sentence(text, text, "broken", Outcome.FAIL, (text, "good-day", "a case that there is not"), (text,)),
        Sentence(text, text, text, None, notes=(text,)),
    )
    chapters = (
        Chapter("Một", "One", (Sentence("Một.", "One.", "kept", Outcome.PASS, ("good-day",)),)),
        Chapter(text, text, sentences),
    )
    return Report(text, text, 3.75, cases, (text,), chapters)


@pytest.fixture
def report() -> Report:
    return make("a text")


@pytest.fixture
def hostile() -> Report:
    return make(HOSTILE)
