"""Writes a report as one HTML page. The page loads nothing, and all texts are escaped.

Without its script, the page shows the causes, and all findings of each case. The script shows the overview or
one case, and adds the exchanges of the case.
"""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from importlib import resources
from xml.etree.ElementTree import Element, tostring

from workerkit.mockserver.reports.html.api_page_sections import api_page_sections
from workerkit.mockserver.reports.html.case_sections import CASES_ANCHOR, case_sections, cases_table
from workerkit.mockserver.reports.html.cause_sections import cause_sections
from workerkit.mockserver.reports.html.contents import contents
from workerkit.mockserver.reports.html.page_script import page_script
from workerkit.mockserver.reports.html.run_data import run_data
from workerkit.mockserver.reports.html.table_sections import table_sections
from workerkit.mockserver.reports.markup import element
from workerkit.mockserver.reports.report import CommandReport, FoldedNote
from workerkit.openapi.languages.phrase import phrase
from workerkit.openapi.languages.report_language import report_language

_STYLES = (("workerkit.mockserver.inspector", "lanes.css"), (__package__, "page.css"))


def html_report(report: CommandReport) -> bytes:
    """Returns the page: the verdict, the causes, notes, a table of all cases, and each case in detail.

    The script shows either the overview or one case.
    """
    overview = element(
        "section",
        *cause_sections(report),
        *(element("p", note) for note in report.notes),
        *map(_folded_note, report.folded_notes),
        *table_sections(report),
        *api_page_sections(report),
        element("h2", phrase("All cases"), id=CASES_ANCHOR),
        cases_table(report),
        id="overview",
    )
    body = element(
        "body",
        element(
            "header",
            element("h1", report.title),
            element("p", report.summary, class_=f"verdict {report.outcome}"),
        ),
        element("div", contents(report), element("main", overview, *case_sections(report)), class_="layout"),
        element("script", run_data(report), type="application/json", id="data"),
        element("script", page_script(), type="module"),
    )
    page = element("html", _head(report), body, lang=report_language())
    return b"<!doctype html>\n" + tostring(page, encoding="unicode", method="html").encode()


def _head(report: CommandReport) -> Element:
    style = "".join(resources.files(package).joinpath(name).read_text("utf-8") for package, name in _STYLES)
    policy = (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(page_script())}'; "
        "base-uri 'none'; form-action 'none'"
    )
    return element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=policy),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="referrer", content="no-referrer"),
        element("title", f"{report.outcome.upper()}: {report.title}"),
        element("style", style),
    )


def _digest(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"


def _folded_note(note: FoldedNote) -> Element:
    if not note.lines:
        return element("p", note.text)
    lines = element("ul", *(element("li", line) for line in note.lines))
    return element("details", element("summary", note.text), lines)
