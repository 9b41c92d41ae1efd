"""Wraps long lines of an explanation."""

from __future__ import annotations

import textwrap

from workerkit.openapi.languages.report_language import in_report_language

_WIDTH = 100


def wrap_line(line: str) -> str:
    """The line in the language of the reports, wrapped at 100 characters.

    If the line is indented, the lines after the first are indented by two more spaces.
    """
    line = in_report_language(line)
    indent = " " * (len(line) - len(line.lstrip()))
    return "\n".join(
        textwrap.fill(
            paragraph, _WIDTH, subsequent_indent=indent + "  " if indent else "", break_on_hyphens=False
        )
        for paragraph in line.split("\n")
    )
