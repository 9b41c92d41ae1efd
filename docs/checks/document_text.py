"""The text of a document with spaces in place of what is not prose, so that each place stays where it is."""

from __future__ import annotations

import re
from pathlib import Path

# Fenced blocks and comments, code in a line, code in indented lines.
_CODE = (
    re.compile(r"^ *```.*?^ *```$", re.MULTILINE | re.DOTALL),
    re.compile(r"<!--.*?-->", re.DOTALL),
    re.compile(r"(`+)(?:(?!\n\n).)+?\1", re.DOTALL),
    re.compile(r"^    .*$", re.MULTILINE),
)
# The targets of links, addresses, tags of HTML, names of files.
_TARGETS = (
    re.compile(r"\]\([^)]*\)"),
    re.compile(r"https?://\S+"),
    re.compile(r"</?[a-z][^>]*>"),
    re.compile(r"[\w./-]+\.(?:har|html|java|js|json|md|py|toml|yaml|yml)\b"),
)


def without_code(text: str) -> str:
    """The text of a document with spaces in place of code and comments."""
    return _blanked(text, _CODE)


def words_only(text: str) -> str:
    """The text of a document with spaces in place of code, targets of links, addresses and names of files."""
    return _blanked(without_code(text), _TARGETS)


def line_at(text: str, place: int) -> int:
    """The number of the line in which a place of a text is."""
    return text.count("\n", 0, place) + 1


def read(path: Path) -> str:
    """The text of a document."""
    return path.read_text(encoding="utf-8")


def _blanked(text: str, patterns: tuple[re.Pattern[str], ...]) -> str:
    for pattern in patterns:
        text = pattern.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)
    return text
