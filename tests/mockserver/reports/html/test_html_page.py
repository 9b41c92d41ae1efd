"""Tests the HTML page of a report."""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from html.parser import HTMLParser

import pytest

from workerkit.mockserver.reports.html.html_page import html_report
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
    *("html", "head", "meta", "title", "style", "script", "body", "header", "nav", "main", "section"),
    *("details", "summary", "div", "span", "h1", "h2", "h3", "p", "pre", "a", "ul", "li"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}
EMPTY = {"meta"}


class Page(HTMLParser):
    """Parses a page: its elements with their attributes, its text, its style sheet and its data."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.style = ""
        self.scripts: list[str] = []
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
        elif self._open and self._open[-1] == "script":
            self.scripts.append(data)
        else:
            self.text += data

    def links_after(self, tag: str, **wanted: str) -> list[str]:
        """The targets of the links behind the first such element."""
        first = next(
            index
            for index, (name, attributes) in enumerate(self.elements)
            if name == tag and wanted.items() <= attributes.items()
        )
        return [attributes["href"] for name, attributes in self.elements[first:] if name == "a"]

    def attributes_of_all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture
def page(report: CommandReport) -> Page:
    return Page(html_report(report))


def test_the_table_has_a_link_to_each_case(page: Page) -> None:
    table = page.elements.index(("table", {"class": "cases"}))
    anchors = [attributes["id"] for _, attributes in page.elements[table:] if "id" in attributes]
    cases = [anchor for anchor in anchors if anchor.startswith("case-")]
    assert page.links_after("table", **{"class": "cases"})[:3] == [f"#{anchor}" for anchor in cases]
    assert len(set(anchors)) == len(anchors) == 6  # 3 cases, 2 findings, the data


def test_a_sentence_has_links_to_the_cases_that_test_it(page: Page) -> None:
    assert page.links_after("details", **{"class": "chapter"})[:3] == ["#case-0", "#case-1", "#case-0"]
    assert "a text, good-day, an unknown case" in page.text


def test_each_link_leads_to_an_element_of_the_page_or_to_an_exchange(page: Page) -> None:
    anchors = {attributes["id"] for _, attributes in page.elements if "id" in attributes}
    targets = [attributes["href"].removeprefix("#") for attributes in page.attributes_of_all("a")]
    assert {target.partition("/")[0] for target in targets} <= anchors
    assert len(targets) > 15


def test_the_contents_name_the_causes_the_api_page_and_all_cases(page: Page) -> None:
    links = page.links_after("nav")
    assert links[:6] == ["#cause-1", "#api-page", "#cases", "#case-0", "#case-1", "#case-2"]


def test_the_number_of_an_exchange_is_a_link_if_the_page_shows_the_run(report: CommandReport) -> None:
    case, timeline = report.cases[1], report.cases[1].timeline
    finding = replace(case.findings[0], lines=("#4 at 0.120 s: GET /tasks -> 401", "#5 to #9, 1 s: twice"))
    pages = [
        html_report(replace(report, cases=(replace(case, findings=(finding,), timeline=shown),))).decode()
        for shown in (timeline, None)
    ]
    link = '<a href="#case-0/4">#4</a> at 0.120 s: GET /tasks -&gt; 401\n<a href="#case-0/5">#5</a> to #9'
    assert [link in page for page in pages] == [True, False]
    assert "#4 at 0.120 s" in pages[1]


def test_a_table_shows_its_cells_with_their_outcomes_and_details(report: CommandReport) -> None:
    cells = (TableCell("<logs>"), TableCell("FAIL 1/2", Outcome.FAIL, "outage"), TableCell("-"))
    table = ReportTable("What was met", ("asked", "5xx", "hang"), (cells,), "A note.")
    content = html_report(replace(report, tables=(table,))).decode()
    assert '<th scope="row">&lt;logs&gt;</th>' in content
    assert '<td><span class="fail" title="outage">FAIL 1/2</span></td><td><span>-</span></td>' in content
    assert content.index("What was met") < content.rindex("The API page, sentence by sentence")


def test_the_causes_stand_first_and_link_to_their_cases(page: Page) -> None:
    cause = page.elements.index(("section", {"class": "finding cause", "id": "cause-1"}))
    links = [attributes["href"] for tag, attributes in page.elements[cause:] if tag == "a"]
    assert links[:3] == ["#cause-1", "#case-1", "#case-1"]
    assert links[-1] == "#cause-1"
    assert page.text.index("1. a text a text") < page.text.rindex("The API page, sentence by sentence")
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
    sections = [attributes for attributes in details if attributes.get("class") == "chapter"]
    assert ["open" in attributes for attributes in sections] == [False, True]
    assert "One 1 kept" in page.text
    assert "a text 1 broken, 1 a text" in page.text
    languages = {attributes["lang"] for _, attributes in page.elements if "lang" in attributes}
    assert languages == {"en", "vi"}


def test_a_note_with_details_is_folded(report: CommandReport) -> None:
    folded_notes = (FoldedNote("In the sandbox", ("one", "<two>")), FoldedNote("Nothing else"))
    page = Page(html_report(replace(report, sections=(), cases=(), folded_notes=folded_notes)))
    assert [tag for tag, _ in page.elements if tag in ("details", "summary", "li")][-4:] == [
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


def test_hostile_texts_add_no_elements(hostile_report: CommandReport) -> None:
    page = Page(html_report(hostile_report))
    assert {tag for tag, _ in page.elements} <= TAGS
    assert page.text.count(visible_text(hostile_report.title).replace("\r\n", "\r\n")) >= 12
    classes = " ".join(attributes.get("class", "") for _, attributes in page.elements)
    assert re.fullmatch(r"[a-z -]*", classes)


def test_the_page_loads_nothing_and_runs_only_its_own_script(hostile_report: CommandReport) -> None:
    content = html_report(hostile_report)
    page = Page(content)
    for _, attributes in page.elements:
        assert not [
            name for name in attributes if name.startswith("on") or name in ("style", "src", "srcset")
        ]
        assert attributes.get("href", "#").startswith("#")
    assert "url(" not in page.style
    assert "@import" not in page.style
    data, script = page.scripts
    assert not re.search(r"^(import|export) ", script, re.MULTILINE)
    assert "<" not in data
    metas = page.attributes_of_all("meta")
    policy = next(attributes["content"] for attributes in metas if "http-equiv" in attributes)
    style, script = (b64encode(sha256(text.encode()).digest()).decode() for text in (page.style, script))
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{style}'; script-src 'sha256-{script}'; "
        "base-uri 'none'; form-action 'none'"
    )
    assert content.index(b"Content-Security-Policy") < content.index(b"<style>")


def test_commands_are_shown_instead_of_lines() -> None:
    command = ReportCommand(7, "curl -i -X PUT '<url>'", "answer: 200")
    finding = ReportFinding("list", "no total", ("#7  $ curl",), commands=(command,))
    case = Case("list", Outcome.FAIL, findings=(finding,))
    content = html_report(CommandReport("workerkit conform", "fail", 1.0, (case,))).decode()
    assert "curl -i -X PUT '&lt;url&gt;'" in content
    assert "#7  $ curl" not in content


def test_long_outputs_are_cut_so_that_the_page_stays_small(report: CommandReport) -> None:
    cases = tuple(Case(f"case {number}", Outcome.PASS, output=60_000 * "x" + "end") for number in range(60))
    content = html_report(replace(report, cases=cases))
    assert len(content) < 500_000
    assert content.count(b"The first 57870 characters are left out") == 60
    assert content.count(b"xend</pre>") == 60
    assert b"are left out" not in html_report(replace(report, cases=cases[:2]))


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
