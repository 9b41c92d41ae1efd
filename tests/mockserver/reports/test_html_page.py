"""A report as a page."""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from html.parser import HTMLParser

import pytest

from workerkit.mockserver.reports.html_page import as_page
from workerkit.mockserver.reports.markup import legal
from workerkit.mockserver.reports.report import Aside, Case, CommandReport, Outcome, ReportFinding

TAGS = {
    *(
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "main",
        "section",
        "details",
        "summary",
        "div",
        "span",
    ),
    *("h1", "h2", "h3", "p", "pre", "strong", "a", "ul", "li", "table", "thead", "tbody", "tr", "th", "td"),
    *("svg", "path", "rect", "line", "code"),
}
EMPTY = {"meta"}


class Page(HTMLParser):
    """The page as a browser reads it: its elements with their attributes, and its text."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.style = ""
        self._open: list[str] = []
        self.feed(content.decode())
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in EMPTY:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] == "style":
            self.style += data
        else:
            self.text += data

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture
def page(report: CommandReport) -> Page:
    return Page(as_page(report))


def test_every_case_has_a_line_that_leads_to_it(page: Page) -> None:
    places = [each["id"] for _, each in page.elements if "id" in each]
    assert [each["href"] for each in page.all("a")][-3:] == [f"#{place}" for place in places]
    assert len(set(places)) == 3


def test_a_sentence_leads_to_the_cases_that_hold_it(page: Page) -> None:
    assert [each["href"] for each in page.all("a")][:-3] == ["#case-0", "#case-1", "#case-0"]
    assert "a text, good-day, a case that there is not" in page.text


def test_a_chapter_is_open_where_a_sentence_of_it_is_broken_and_has_its_counts(page: Page) -> None:
    chapters = [each for each in page.all("details") if each.get("class") == "case chapter"]
    assert ["open" in chapter for chapter in chapters] == [False, True]
    assert "One 1 kept" in page.text
    assert "a text 1 broken, 1 a text" in page.text
    assert {each["lang"] for _, each in page.elements if "lang" in each} == {"en", "vi"}


def test_what_not_everybody_wants_to_read_is_folded(report: CommandReport) -> None:
    asides = (Aside("In the sandbox", ("one", "<two>")), Aside("Nothing else"))
    page = Page(as_page(replace(report, chapters=(), cases=(), asides=asides)))
    assert [tag for tag, _ in page.elements if tag in ("details", "summary", "li")] == [
        *("details", "summary", "li", "li")
    ]
    assert "In the sandbox" in page.text
    assert "<two>" in page.text
    assert "Nothing else" in page.text


def test_without_chapters_there_is_nothing_of_the_page(report: CommandReport) -> None:
    assert "sentence by sentence" not in Page(as_page(replace(report, chapters=()))).text


def test_cases_that_failed_are_open(page: Page) -> None:
    cases = [each for each in page.all("details") if each.get("class") == "case"]
    assert ["open" in each for each in cases] == [False, True, False]


def test_the_exchanges_that_broke_a_rule_are_marked(page: Page) -> None:
    rows = [each.get("class") for each in page.all("tr")]
    assert rows[-4:] == ["exchange broken", "happening", "fold", "gap"]
    assert "✗ broke a text" in page.text
    assert "#2 to #9" in page.text
    assert "8 times a text" in page.text


def test_the_states_of_the_tasks_stand_beside_the_exchanges(page: Page) -> None:
    assert "2 pending, 1 a text" in page.text
    assert "2 completed" in page.text
    assert "3 more tasks have no lane" in page.text
    (picture,) = [each for each in page.all("svg") if each.get("role") == "img"]
    assert "a text: pending from 0.000 s, a text from 0.500 s" in page.text
    assert picture["aria-label"].startswith("1 tasks over 1.000 seconds")


def test_hostile_texts_are_texts_and_make_no_element(hostile: CommandReport) -> None:
    page = Page(as_page(hostile))
    assert {tag for tag, _ in page.elements} <= TAGS
    assert page.text.count(legal(hostile.title).replace("\r\n", "\r\n")) >= 12
    classes = " ".join(each.get("class", "") for _, each in page.elements)
    assert re.fullmatch(r"[a-z -]*", classes)


def test_it_asks_for_nothing_and_allows_nothing(hostile: CommandReport) -> None:
    content = as_page(hostile)
    page = Page(content)
    for _, attributes in page.elements:
        assert not [
            name for name in attributes if name.startswith("on") or name in ("style", "src", "srcset")
        ]
        assert attributes.get("href", "#").startswith("#")
    assert "url(" not in page.style
    assert "@import" not in page.style
    policy = next(each["content"] for each in page.all("meta") if "http-equiv" in each)
    digest = b64encode(sha256(page.style.encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert content.index(b"Content-Security-Policy") < content.index(b"<style>")


def test_a_run_without_time_has_a_page(report: CommandReport) -> None:
    case = report.cases[1]
    assert case.timeline is not None
    still = replace(case, timeline=replace(case.timeline, seconds=0.0))
    assert "0.000 s" in Page(as_page(replace(report, cases=(still,)))).text


def test_cases_that_are_not_counted_are_told_in_the_table_by_what_they_are_about() -> None:
    finding = ReportFinding("list-total", "total is 3, expected 2")
    cases = (
        Case("list", Outcome.PASS, "Lists tasks"),
        Case("total", Outcome.FAIL, "The total", findings=(finding,)),
    )
    page = as_page(CommandReport("workerkit conform", "fail", 1.0, cases)).decode()
    table = page[page.index("<table") : page.index("</table>")]
    assert "what was found" in table
    assert "seconds" not in table
    assert [each in table for each in ("Lists tasks", "The total", "total is 3, expected 2")] == [True] * 3
