"""Links of the HTML page to its cases."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from workerkit.mockserver.reports.markup import Child, element
from workerkit.mockserver.reports.report import CommandReport


def case_anchor(index: int) -> str:
    """Returns the HTML id of a case.

    index: the index of the case in the report.
    """
    return f"case-{index}"


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
