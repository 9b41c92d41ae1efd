"""The coverage of trials in the reports."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from workerkit.mockserver.reports.report import Outcome, ReportTable
from workerkit.mockserver.trials.coverage_report import (
    coverage_json,
    coverage_note,
    coverage_sections,
    coverage_tables,
)
from workerkit.openapi.formats.strict_json import render
from workerkit.openapi.page.page import page_sections
from workerkit.scenarios.coverage.coverage import Coverage
from workerkit.scenarios.coverage.grid import GridCell, GridRow
from workerkit.scenarios.coverage.troubles_in_a_row import TroublePair
from workerkit.scenarios.run_record.trouble import TROUBLES

FIRST, SECOND = page_sections()[2].sentences[:2]


@pytest.fixture
def coverage() -> Coverage:
    """A worker that met 5xx and a hang at completions in bulk, and broke a rule at the hang."""
    row, met = GridRow("completion", "bulk"), {"5xx": (("day", "night"), ()), "hang": (("day",), ("day",))}
    grid = [GridCell(row, trouble, *met.get(trouble, ((), ()))) for trouble in TROUBLES]
    grid += [GridCell(GridRow("first-page"), trouble) for trouble in TROUBLES]
    states = {("completed", "running"): 7, ("running", "pending"): 9, ("completed", "no such task"): 1}
    pairs = {TroublePair("first-page", "answer-lost", "5xx"): 2}
    return Coverage(tuple(grid), states, pairs, {FIRST: ("day",), SECOND: ()})


def texts(table: ReportTable) -> list[list[str]]:
    return [list(table.heads), *([cell.text for cell in row] for row in table.rows)]


def test_the_tables_show_the_grid_the_states_and_the_troubles_in_a_row(coverage: Coverage) -> None:
    grid, states, pairs = coverage_tables(coverage)
    assert texts(grid) == [
        ["asked", "5xx", "401", "429", "answer lost", "connection lost", "unreadable", "hang", "slow"],
        ["completion (bulk)", "2", "-", "-", "-", "-", "-", "FAIL 1/1", "-"],
        ["first page", *"--------"],
    ]
    outcomes = {cell.text: (cell.outcome, cell.details) for cell in grid.rows[0]}
    assert outcomes["2"] == (Outcome.PASS, "day, night")
    assert outcomes["FAIL 1/1"] == (Outcome.FAIL, "day")
    assert outcomes["-"] == (None, "")
    assert texts(states) == [
        ["reported", "pending", "running", "no such task"],
        ["running", "9", "-", "-"],
        ["completed", "-", "7", "1"],
    ]
    assert texts(pairs) == [["asked", "troubles", "times"], ["first page", "answer lost, 5xx", "2"]]


def test_the_json_has_every_cell(coverage: Coverage) -> None:
    value: Any = coverage_json(coverage)
    assert len(value["grid"]) == 2 * len(TROUBLES)
    assert value["grid"][0] == {
        "asked": "completion",
        "form": "bulk",
        "trouble": "5xx",
        "state": "survived",
        "scenarios": ["day", "night"],
        "failed": [],
    }
    assert {(cell["asked"], cell["form"], cell["state"]) for cell in value["grid"][8:]} == {
        ("first-page", None, "not met")
    }
    assert value["reported_states"][-1] == {"reported": "running", "state": "pending", "times": 9}
    assert value["troubles_in_a_row"] == [
        {"asked": "first-page", "first": "answer-lost", "second": "5xx", "times": 2}
    ]
    assert [sentence["scenarios"] for sentence in value["sentences"]] == [["day"], []]
    assert render(value)


def test_each_sentence_says_whether_the_worker_exercised_it(coverage: Coverage) -> None:
    sections = coverage_sections(coverage)
    assert len(sections) == len(page_sections())
    first, second = sections[2].sentences[:2]
    assert (first.state, first.outcome, first.cases) == ("exercised", Outcome.PASS, ("day",))
    assert (second.state, second.outcome, second.cases) == ("not exercised", Outcome.SKIP, ())
    base_url = sections[0].sentences[1]
    assert (base_url.state, base_url.outcome) == (
        "cannot be exercised",
        None,
    )


def test_a_sentence_names_only_the_first_scenarios_that_exercise_it(coverage: Coverage) -> None:
    sections = coverage_sections(replace(coverage, sentences={FIRST: tuple("abcde")}))
    sentence = sections[2].sentences[0]
    assert (sentence.cases, sentence.notes) == (("a", "b", "c"), ("and in 2 more scenarios",))


def test_the_note_names_the_sentences_that_were_not_exercised(coverage: Coverage) -> None:
    note = coverage_note(coverage)
    assert note.text == "The worker exercised 1 of 2 sentences of the API page. Not exercised:"
    assert note.lines == (f"POST /health, heartbeat: {SECOND.gist}",)
