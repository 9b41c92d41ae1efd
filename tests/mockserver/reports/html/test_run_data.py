"""The timelines of a report as JSON."""

from __future__ import annotations

import json
from typing import Any

from workerkit.mockserver.reports.html.run_data import run_data
from workerkit.mockserver.reports.report import CommandReport
from workerkit.openapi.formats.visible_text import visible_text
from workerkit.openapi.spec.api import worker_api


def data_of(report: CommandReport) -> Any:
    return json.loads(run_data(report))


def test_each_case_has_its_run_or_null(report: CommandReport) -> None:
    runs = data_of(report)["runs"]
    assert [run is None for run in runs] == [True, False, True]
    assert runs[1]["milliseconds"] == 1000
    assert runs[1]["more"] == 3
    assert runs[1]["ticks"] == {"broken": [0], "good": [600]}
    assert [[at, *text] for at, *text in runs[1]["events"]] == [[500, 0]]


def test_the_statuses_of_the_api_come_first_and_others_behind(report: CommandReport) -> None:
    assert data_of(report)["statuses"] == [*worker_api().enumeration("TaskStatus"), "a text"]


def test_a_lane_has_the_exchange_in_which_each_status_began(report: CommandReport) -> None:
    data = data_of(report)
    task, *numbers = data["runs"][1]["lanes"][0]
    assert data["texts"][task] == "a text"
    assert numbers == [0, 0, 0, 6, 500, 1]


def test_a_row_has_counts_only_if_they_changed(report: CommandReport) -> None:
    rows = data_of(report)["runs"][1]["rows"]
    assert [row[0] for row in rows] == [0, 2, 1, 3]
    assert [row[9] for row in rows] == [
        *([2, 0, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 0, 0], [0, 0, 0, 2, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0]),
    ]
    assert [row[3:6] for row in rows] == [[1, 1, 1], [0, 0, 0], [2, 9, 8], [0, 0, 0]]


def test_hostile_texts_cannot_end_the_element_and_do_not_act(hostile_report: CommandReport) -> None:
    text = run_data(hostile_report)
    assert "<" not in text
    assert text == visible_text(text)
    hostile = next(shown for shown in json.loads(text)["texts"] if "alert(1)" in shown)
    assert hostile == visible_text(hostile_report.title)
