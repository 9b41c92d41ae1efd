"""Links of the HTML page to its cases, and to the exchanges of a case."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from workerkit.mockserver.reports.markup import Child, element
from workerkit.mockserver.reports.report import CommandReport
from workerkit.openapi.languages.report_language import in_report_language

# The number at the beginning of a line about one or several exchanges: `#4 at 0.120 s: GET ...`.
_NUMBER = re.compile(r"#(\d+)(?= \S)")


def case_anchor(index: int) -> str:
    """Returns the HTML id of a case.

    index: the index of the case in the report.
    """
    return f"case-{index}"


def finding_anchor(case: int, finding: int) -> str:
    """Returns the HTML id of a finding. Both arguments are indexes."""
    return f"finding-{case}-{finding}"


def case_anchors(report: CommandReport) -> dict[str, str]:
    """Returns the HTML id of each case, by the name of the case."""
    return {case.name: case_anchor(index) for index, case in enumerate(report.cases)}


def case_links(names: Iterable[str], anchors: Mapping[str, str]) -> Iterator[Child]:
    """Returns the names of cases, with commas between them. Each is a link if the page has the case.

    anchors: the HTML id of each case, by the name of the case.
    """
    for index, name in enumerate(names):
        yield ", " if index else None
        yield element("a", name, href=f"#{anchors[name]}") if name in anchors else name


def exchange_lines(lines: Iterable[str], anchor: str | None) -> Iterator[Child]:
    """Returns lines about exchanges. The number of an exchange is a link, which the script follows.

    anchor: the HTML id of the case with the exchanges. None if the page does not show them.
    """
    for index, line in enumerate(map(in_report_language, lines)):
        yield "\n" if index else None
        match = _NUMBER.match(line) if anchor else None
        if match:
            yield element("a", match[0], href=f"#{anchor}/{match[1]}")
            line = line[match.end() :]
        yield line
