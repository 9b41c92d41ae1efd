"""A table as plain text."""

from __future__ import annotations

from workerkit.mockserver.reports.report import CommandReport, Outcome, ReportTable, TableCell
from workerkit.mockserver.reports.table_text import table_text
from workerkit.mockserver.reports.terminal import styled_tables

TABLE = ReportTable(
    "What was met",
    ("asked", "answer lost", "5xx"),
    (
        (TableCell("heartbeat"), TableCell("12", Outcome.PASS), TableCell("-")),
        (TableCell("logs"), TableCell("-"), TableCell("FAIL 1/2", Outcome.FAIL, "outage")),
    ),
    "A note.",
)


def test_the_columns_are_aligned_and_the_words_of_a_head_stand_below_each_other() -> None:
    assert table_text(TABLE).splitlines() == [
        "What was met",
        "   asked      answer  5xx",
        "              lost",
        "   heartbeat  12      -",
        "   logs       -       FAIL 1/2",
        "A note.",
    ]


def test_a_table_without_rows_has_its_heads() -> None:
    table = ReportTable("Nothing", ("asked", "times"), ())
    assert table_text(table) == "Nothing\n   asked  times"


def test_failures_have_a_colour() -> None:
    (text,) = styled_tables(CommandReport("workerkit exec", "pass", 1.0, (), tables=(TABLE,)))
    assert [text.plain[span.start : span.end] for span in text.spans] == ["What was met", "FAIL 1/2"]
