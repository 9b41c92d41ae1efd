"""Tests the HTML page of a report."""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from html.parser import HTMLParser

import pytest

from workerkit.mockserver.reports.html_page import html_report
from workerkit.mockserver.reports.report import (
    Case,
    CommandReport,
    FoldedNote,
    Outcome,
    ReportCommand,
    ReportFinding,
    ReportTable,
    TableCell,
)
from workerkit.openapi.formats.visible_text import visible_text

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
    """Parses a page: its elements with their attributes, its text and its style sheet."""

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

    def attributes_of_all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture
def page(report: CommandReport) -> Page:
    return Page(html_report(report))


def test_the_table_has_a_link_to_each_case(page: Page) -> None:
    table = page.elements.index(("table", {"class": "cases"}))
    links = [attributes["href"] for tag, attributes in page.elements[table:] if tag == "a"]
    anchors = [attributes["id"] for _, attributes in page.elements[table:] if "id" in attributes]
    assert links[:3] == [f"#{anchor}" for anchor in anchors]
    assert len(set(anchors)) == 3


def test_a_sentence_has_links_to_the_cases_that_test_it(page: Page) -> None:
    chapter = page.elements.index(("details", {"class": "case chapter"}))
    links = [attributes["href"] for tag, attributes in page.elements[chapter:] if tag == "a"]
    assert links[:3] == ["#case-0", "#case-1", "#case-0"]
    assert "a text, good-day, an unknown case" in page.text


def test_a_table_shows_its_cells_with_their_outcomes_and_details(report: CommandReport) -> None:
    cells = (TableCell("<logs>"), TableCell("FAIL 1/2", Outcome.FAIL, "outage"), TableCell("-"))
    table = ReportTable("What was met", ("asked", "5xx", "hang"), (cells,), "A note.")
    content = html_report(replace(report, tables=(table,))).decode()
    assert '<th scope="row">&lt;logs&gt;</th>' in content
    assert '<td><span class="fail" title="outage">FAIL 1/2</span></td><td><span>-</span></td>' in content
    assert content.index("What was met") < content.index("The API page, sentence by sentence")


def test_the_causes_stand_first_and_link_to_their_cases(page: Page) -> None:
    cause = page.elements.index(("section", {"class": "finding cause", "id": "cause-1"}))
    links = [attributes["href"] for tag, attributes in page.elements[cause:] if tag == "a"]
    assert links[:2] == ["#case-1", "#case-1"]
    assert links[-1] == "#cause-1"
    assert page.text.index("1. a text a text") < page.text.index("The API page, sentence by sentence")
    assert "Cases: a text, an unknown case" in page.text
    assert "From this follows: a text." in page.text
    assert "From this follows a text: a text" in page.text


def test_many_cases_of_a_cause_are_folded(report: CommandReport) -> None:
    few, many = (tuple(f"case {number}" for number in range(count)) for count in (6, 7))
    cause = replace(report.causes[0], cases=few)
    pages = [
        html_report(replace(report, causes=(replace(cause, cases=cases),))).decode() for cases in (few, many)
    ]
    assert [page.count("<summary>Cases: 7</summary>") for page in pages] == [0, 1]
    assert pages[1].count("case 6") == 1


def test_of_several_failed_cases_only_those_without_a_cause_are_open(report: CommandReport) -> None:
    case = report.cases[1]
    explained = replace(case, findings=(replace(case.findings[0], cause=1),))
    page = Page(html_report(replace(report, cases=(case, explained))))
    details = page.attributes_of_all("details")
    cases = [attributes for attributes in details if attributes.get("class") == "case"]
    assert ["open" in attributes for attributes in cases] == [True, False]


def test_a_section_has_counts_and_is_open_if_a_sentence_is_broken(page: Page) -> None:
    details = page.attributes_of_all("details")
    sections = [attributes for attributes in details if attributes.get("class") == "case chapter"]
    assert ["open" in attributes for attributes in sections] == [False, True]
    assert "One 1 kept" in page.text
    assert "a text 1 broken, 1 a text" in page.text
    languages = {attributes["lang"] for _, attributes in page.elements if "lang" in attributes}
    assert languages == {"en", "vi"}


def test_a_note_with_details_is_folded(report: CommandReport) -> None:
    folded_notes = (FoldedNote("In the sandbox", ("one", "<two>")), FoldedNote("Nothing else"))
    page = Page(html_report(replace(report, sections=(), cases=(), folded_notes=folded_notes)))
    assert [tag for tag, _ in page.elements if tag in ("details", "summary", "li")] == [
        *("details", "summary", "li", "li")
    ]
    assert "In the sandbox" in page.text
    assert "<two>" in page.text
    assert "Nothing else" in page.text


def test_a_report_without_sections_does_not_show_the_api_page(report: CommandReport) -> None:
    assert "sentence by sentence" not in Page(html_report(replace(report, sections=()))).text


def test_the_only_failed_case_is_open(page: Page) -> None:
    details = page.attributes_of_all("details")
    cases = [attributes for attributes in details if attributes.get("class") == "case"]
    assert ["open" in attributes for attributes in cases] == [False, True, False]


def test_exchanges_that_broke_a_rule_are_marked(page: Page) -> None:
    rows = [attributes.get("class") for attributes in page.attributes_of_all("tr")]
    assert rows[-4:] == ["exchange broken", "happening", "fold", "gap"]
    assert "✗ broke a text" in page.text
    assert "#2 to #9" in page.text
    assert "8 times a text" in page.text


def test_each_exchange_has_the_statuses_of_the_tasks(page: Page) -> None:
    assert "2 pending, 1 a text" in page.text
    assert "2 completed" in page.text
    assert "3 more tasks are not shown" in page.text
    images = page.attributes_of_all("svg")
    (picture,) = [attributes for attributes in images if attributes.get("role") == "img"]
    assert "a text: pending from 0.000 s, a text from 0.500 s" in page.text
    assert picture["aria-label"].startswith("1 tasks over 1.000 seconds")


def test_hostile_texts_add_no_elements(hostile_report: CommandReport) -> None:
    page = Page(html_report(hostile_report))
    assert {tag for tag, _ in page.elements} <= TAGS
    assert page.text.count(visible_text(hostile_report.title).replace("\r\n", "\r\n")) >= 12
    classes = " ".join(attributes.get("class", "") for _, attributes in page.elements)
    assert re.fullmatch(r"[a-z -]*", classes)


def test_the_page_loads_nothing_and_forbids_scripts(hostile_report: CommandReport) -> None:
    content = html_report(hostile_report)
    page = Page(content)
    for _, attributes in page.elements:
        assert not [
            name for name in attributes if name.startswith("on") or name in ("style", "src", "srcset")
        ]
        assert attributes.get("href", "#").startswith("#")
    assert "url(" not in page.style
    assert "@import" not in page.style
    metas = page.attributes_of_all("meta")
    policy = next(attributes["content"] for attributes in metas if "http-equiv" in attributes)
    digest = b64encode(sha256(page.style.encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert content.index(b"Content-Security-Policy") < content.index(b"<style>")


def test_commands_have_a_button_and_a_script_that_the_policy_allows_by_its_digest() -> None:
    command = ReportCommand(7, "curl -i -X PUT '<url>'", "answer: 200")
    finding = ReportFinding("list", "no total", ("#7  $ curl",), commands=(command,))
    case = Case("list", Outcome.FAIL, findings=(finding,))
    content = html_report(CommandReport("workerkit conform", "fail", 1.0, (case,))).decode()
    script = content[content.index("<script>") + len("<script>") : content.index("</script>")]
    digest = b64encode(sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in content
    assert content.count('<button type="button" class="copy" hidden="hidden">Copy</button>') == 1
    assert "curl -i -X PUT '&lt;url&gt;'" in content
    assert "#7  $ curl" not in content


def test_a_timeline_of_zero_seconds_has_a_page(report: CommandReport) -> None:
    case = report.cases[1]
    assert case.timeline is not None
    instant = replace(case, timeline=replace(case.timeline, seconds=0.0))
    assert "0.000 s" in Page(html_report(replace(report, cases=(instant,)))).text


def test_the_table_shows_descriptions_and_findings_if_no_case_has_counts() -> None:
    finding = ReportFinding("list-total", "total is 3, expected 2")
    cases = (
        Case("list", Outcome.PASS, "Lists tasks"),
        Case("total", Outcome.FAIL, "The total", findings=(finding,)),
    )
    page = html_report(CommandReport("workerkit conform", "fail", 1.0, cases)).decode()
    table = page[page.index("<table") : page.index("</table>")]
    assert "findings" in table
    assert "seconds" not in table
    assert "Lists tasks" in table
    assert "The total" in table
    assert "total is 3, expected 2" in table
