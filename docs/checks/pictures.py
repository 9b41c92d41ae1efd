"""Finds pictures that do not say in words what they show."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from docs.checks.document_text import line_at, read, without_code
from docs.checks.finding import Finding

# With fewer words, a text only names a picture.
FEWEST_WORDS = 8
_MARKDOWN = re.compile(r"!\[(?P<words>[^\]]*)\]")
_HTML = re.compile(r"<img\b(?![^>]*\balt=)[^>]*>|<img\b[^>]*\balt=[\"'](?P<words>[^\"']*)[\"'][^>]*>")


def wordless_pictures(path: Path) -> Iterator[Finding]:
    """Each picture of a document with too short an alternative text, or with none."""
    text = without_code(read(path))
    for pattern in (_MARKDOWN, _HTML):
        for match in pattern.finditer(text):
            if len((match["words"] or "").split()) < FEWEST_WORDS:
                message = f"say what the picture shows, in {FEWEST_WORDS} words or more: {match[0]}"
                yield Finding(path, line_at(text, match.start()), message)
