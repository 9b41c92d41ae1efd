"""The part of the HTML page that shows the API page, with the result of each sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from xml.etree.ElementTree import Element

from workerkit.mockserver.reports.html.case_links import case_anchors, case_links
from workerkit.mockserver.reports.markup import Child, element
from workerkit.mockserver.reports.report import CommandReport, Outcome, ReportSection, ReportSentence

API_PAGE_ANCHOR = "api-page"
_LANGUAGE = "vi"
_OUTCOME_ORDER = (Outcome.PASS, Outcome.FAIL, Outcome.SKIP, None)
_COLUMNS = ("verdict", "sentence of the API page", "tested by", "reason")


def api_page_sections(report: CommandReport) -> Iterator[Element]:
    """Returns the sections of the API page. Only sections with a broken sentence are open.

    Returns nothing if the report has no sections.
    """
    if not report.sections:
        return
    anchors = case_anchors(report)
    yield element("h2", "The API page, sentence by sentence", id=API_PAGE_ANCHOR)
    yield from (_section(section, anchors) for section in report.sections)


def _section(section: ReportSection, anchors: Mapping[str, str]) -> Element:
    has_broken = any(sentence.outcome is Outcome.FAIL for sentence in section.sentences)
    heading = element("h3", section.english)
    original = element("span", section.heading, class_="title", lang=_LANGUAGE)
    head = element("tr", *(element("th", name, scope="col") for name in _COLUMNS))
    rows = (_row(sentence, anchors) for sentence in section.sentences)
    return element(
        "details",
        element("summary", heading, " ", *_counts(section.sentences), original),
        element("table", element("thead", head), element("tbody", *rows), class_="sentences"),
        class_="chapter",
        open="open" if has_broken else None,
    )


def _counts(sentences: Iterable[ReportSentence]) -> Iterator[Child]:
    """Returns how many sentences have each state, for example `3 kept, 1 broken`. Each count has a colour."""
    in_outcome_order = sorted(sentences, key=lambda sentence: _OUTCOME_ORDER.index(sentence.outcome))
    states = Counter((sentence.state, _css_class(sentence)) for sentence in in_outcome_order)
    for index, ((state, css_class), count) in enumerate(states.items()):
        yield ", " if index else None
        yield element("span", f"{count} {state}", class_=css_class)


def _css_class(sentence: ReportSentence) -> str:
    return str(sentence.outcome or "soft")


def _row(sentence: ReportSentence, anchors: Mapping[str, str]) -> Element:
    state = element("span", sentence.state.upper(), class_=_css_class(sentence))
    text = element("span", sentence.text, lang=_LANGUAGE)
    return element(
        "tr",
        element("td", state),
        element("td", text, element("div", sentence.english, class_="soft")),
        element("td", *case_links(sentence.cases, anchors)),
        element("td", *(element("div", note) for note in sentence.notes)),
    )
