"""The part of the HTML page that shows the API page, with the result of each sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from xml.etree.ElementTree import Element

from workerkit.mockserver.reports.html.case_links import case_anchors, case_links
from workerkit.mockserver.reports.markup import Child, element
from workerkit.mockserver.reports.report import CommandReport, Outcome, ReportSection, ReportSentence
from workerkit.openapi.languages.phrase import joined, phrase
from workerkit.openapi.languages.report_language import in_report_language, report_language

API_PAGE_ANCHOR = "api-page"
_LANGUAGE = "vi"
_OUTCOME_ORDER = (Outcome.PASS, Outcome.FAIL, Outcome.SKIP, None)
_COLUMNS = (
    phrase("verdict"),
    phrase("sentence of the API page"),
    phrase("tested by"),
    phrase("reason"),
)


def api_page_sections(report: CommandReport) -> Iterator[Element]:
    """Returns the sections of the API page. Only sections with a broken sentence are open.

    Returns nothing if the report has no sections.
    """
    if not report.sections:
        return
    anchors = case_anchors(report)
    yield element("h2", phrase("The API page, sentence by sentence"), id=API_PAGE_ANCHOR)
    yield from (_section(section, anchors) for section in report.sections)


def _section(section: ReportSection, anchors: Mapping[str, str]) -> Element:
    has_broken = any(sentence.outcome is Outcome.FAIL for sentence in section.sentences)
    is_in_english = report_language() != _LANGUAGE
    heading = element("h3", section.english if is_in_english else section.heading)
    original = element("span", section.heading, class_="title", lang=_LANGUAGE) if is_in_english else None
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
        yield element("span", joined(" ", (str(count), state)), class_=css_class)


def _css_class(sentence: ReportSentence) -> str:
    return str(sentence.outcome or "soft")


def _row(sentence: ReportSentence, anchors: Mapping[str, str]) -> Element:
    state = element("span", in_report_language(sentence.state).upper(), class_=_css_class(sentence))
    text = element("span", sentence.text, lang=_LANGUAGE)
    return element(
        "tr",
        element("td", state),
        element("td", text, *_in_english(sentence)),
        element("td", *case_links(sentence.cases, anchors)),
        element("td", *(element("div", note) for note in sentence.notes)),
    )


def _in_english(sentence: ReportSentence) -> Iterator[Element]:
    """Returns the sentence in English, unless the report has the language of the API page."""
    if report_language() != _LANGUAGE:
        yield element("div", sentence.english, class_="soft")
