"""Checks the page of a browser with axe: whether everybody can read and use it."""

from __future__ import annotations

from importlib import resources
from typing import Any

from tests.mockserver.docs_page.browser import Page

_SCRIPT = resources.files("axe_core_python").joinpath("axe.min.js").read_text("utf-8")
_FINDINGS = "found.violations.map(({id, nodes}) => [id, nodes.map(node => node.html + node.failureSummary)])"


def axe_findings(page: Page) -> Any:
    """What axe finds in the page as it is shown now: each broken rule with its elements."""
    if page.value("window.axe === undefined"):
        page.value(f"{_SCRIPT}; undefined")
    page.value("window.found = undefined, axe.run().then(result => window.found = result), undefined")
    page.wait_for("window.found !== undefined")
    assert page.value("found.passes.length") > 5
    return page.value(_FINDINGS)
