"""Finds links to files and headings that do not exist. Links to other hosts are not opened."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from docs.checks.document_text import line_at, read, without_code
from docs.checks.finding import Finding
from tests.docs.markdown_page import MarkdownPage

_LINK = re.compile(r"\]\((?![a-z]+:)([^)\s]*)\)")


def broken_links(path: Path) -> Iterator[Finding]:
    """Each link of a document that leads nowhere."""
    text = without_code(read(path))
    for match in _LINK.finditer(text):
        reason = _why_broken(path, match[1])
        if reason:
            yield Finding(
                path, line_at(text, match.start()), f"the link {match[1]!r} leads nowhere: {reason}"
            )


def _why_broken(path: Path, link: str) -> str | None:
    target, _, anchor = link.partition("#")
    file = path.parent / target if target else path
    if not file.exists():
        return "there is no such file"
    if anchor and anchor not in MarkdownPage.read(file).anchors:
        return "no heading of the page has this name"
    return None
