"""Texts as Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from workerkit.openapi.languages.phrase import phrase

# What is code although the text has no backquotes: options, NAMES_IN_CAPITALS, {name} and addresses.
_CODE = re.compile(
    r"(`[^`]*`)|(?<![\w-])(--[a-z][\w-]*(?: [A-Z]+\b)?|[A-Z]+_[A-Z_]+|\{\w+\}|https?://[^\s,]+[^\s,.])"
)


def introduction(page: str, language: str) -> str:
    """What stands above the made part of a page: its title and first paragraphs."""
    return Path(__file__).with_name("introductions").joinpath(language, f"{page}.md").read_text("utf-8")


def in_language(english: str, language: str) -> str:
    """A text of the code in a language."""
    return phrase(english).in_language(language)


def prose(text: str) -> str:
    """A text in one line, with options, variables and addresses as code."""
    return _CODE.sub(lambda match: match[1] or f"`{match[2]}`", " ".join(text.split()))


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table. An empty text if there are no rows."""
    lines = [_row(row) for row in rows]
    return "\n".join([_row(head), _row(["---"] * len(head)), *lines]) + "\n" if lines else ""


def _row(cells: Sequence[str]) -> str:
    escaped = [cell.replace("|", "\\|") for cell in cells]
    return f"| {' | '.join(escaped)} |".replace("|  |", "| |")
