"""The API's page in a report: its sentences in their order, each with what became of it, without a script."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from xml.etree.ElementTree import Element

from workerkit.mockserver.reports.markup import Child, element
from workerkit.mockserver.reports.report import Chapter, CommandReport, Outcome, ReportSentence

_LANGUAGE = "vi"
_RANKS = (Outcome.PASS, Outcome.FAIL, Outcome.SKIP, None)
_COLUMNS = ("verdict", "the page says", "held by", "why")


def the_page(report: CommandReport) -> Iterator[Element]:
    """The chapters, folded away but for those with a sentence that was found broken; none, nothing."""
    if not report.chapters:
        return
    places = {case.name: anchor(index) for index, case in enumerate(report.cases)}
    yield element("h2", "The page, sentence by sentence")
    yield element("section", *(_chapter(chapter, places) for chapter in report.chapters))
    yield element("h2", "Rule by rule")


def anchor(index: int) -> str:
    """Where the case of this place in the report is on the page."""
    return f"case-{index}"


def _chapter(chapter: Chapter, places: Mapping[str, str]) -> Element:
    is_broken = any(sentence.outcome is Outcome.FAIL for sentence in chapter.sentences)
    heading = element("h3", chapter.gist)
    original = element("span", chapter.heading, class_="title", lang=_LANGUAGE)
    heads = element("tr", *(element("th", name, scope="col") for name in _COLUMNS))
    rows = (_row(sentence, places) for sentence in chapter.sentences)
    return element(
        "details",
        element("summary", heading, " ", *_counts(chapter.sentences), original),
        element("table", element("thead", heads), element("tbody", *rows), class_="sentences"),
        class_="case chapter",
        open="open" if is_broken else None,
    )


def _counts(sentences: Iterable[ReportSentence]) -> Iterator[Child]:
    """How many sentences are in which state, each in its colour: `3 kept, 1 broken`."""
    ranked = sorted(sentences, key=lambda each: _RANKS.index(each.outcome))
    states = Counter((each.state, _colour(each)) for each in ranked)
    for number, ((state, colour), count) in enumerate(states.items()):
        yield ", " if number else None
        yield element("span", f"{count} {state}", class_=colour)


def _colour(sentence: ReportSentence) -> str:
    return str(sentence.outcome or "soft")


def _row(sentence: ReportSentence, places: Mapping[str, str]) -> Element:
    state = element("span", sentence.state.upper(), class_=_colour(sentence))
    text = element("span", sentence.text, lang=_LANGUAGE)
    return element(
        "tr",
        element("td", state),
        element("td", text, element("div", sentence.gist, class_="soft")),
        element("td", *_links(sentence.cases, places)),
        element("td", *(element("div", note) for note in sentence.notes)),
    )


def _links(cases: Iterable[str], places: Mapping[str, str]) -> Iterator[Child]:
    for number, case in enumerate(cases):
        yield ", " if number else None
        yield element("a", case, href=f"#{places[case]}") if case in places else case
