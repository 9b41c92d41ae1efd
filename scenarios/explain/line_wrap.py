"""Wraps long lines of an explanation."""

from __future__ import annotations

import textwrap

_WIDTH = 100


def wrap_line(line: str) -> str:
    """The line, wrapped at 100 characters.

    If the line is indented, the lines after the first are indented by two more spaces.
    """
    indent = " " * (len(line) - len(line.lstrip()))
    return "\n".join(
        textwrap.fill(
            paragraph, _WIDTH, subsequent_indent=indent + "  " if indent else "", break_on_hyphens=False
        )
        for paragraph in line.split("\n")
    )
