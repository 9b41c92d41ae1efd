"""Writes a table of a report as plain text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from workerkit.mockserver.reports.report import ReportTable
from workerkit.openapi.formats.visible_text import visible_line

_GAP = "  "


def table_text(table: ReportTable) -> str:
    """Returns the title, the heads of the columns, the rows, and the note.

    The words of a head stand below each other, so that the columns are narrow.
    """
    heads = list(zip_longest(*(visible_line(head).split(" ") for head in table.heads), fillvalue=""))
    rows = [[visible_line(cell.text) for cell in row] for row in table.rows]
    widths = [max(map(len, column)) for column in zip(*heads, *rows, strict=True)]
    lines = [table.title, *_lines([*heads, *rows], widths), *([table.note] if table.note else [])]
    return "\n".join(map(visible_line, lines))


def _lines(rows: Sequence[Sequence[str]], widths: Sequence[int]) -> Iterator[str]:
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield f"   {_GAP.join(cells)}".rstrip()
