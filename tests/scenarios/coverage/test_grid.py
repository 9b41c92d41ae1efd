"""The grid of what a worker asked and of the troubles that it met."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from workerkit.scenarios.coverage.grid import CellState, GridCell, GridRow, grid_of
from workerkit.scenarios.coverage.judged_run import JudgedRun
from workerkit.scenarios.rules.judge import Verdict
from workerkit.scenarios.run_record.trouble import TROUBLES
from workerkit.scenarios.run_record.violation import Violation

Scripted = Callable[..., Any]


def judged(worker: Any, name: str = "day", *violations: Violation) -> JudgedRun:
    return JudgedRun(worker.run_record(), Verdict(name, not violations, violations))


def name(row: GridRow) -> str:
    return f"{row.kind} ({row.form})" if row.form else row.kind


def cells(*runs: JudgedRun) -> dict[tuple[str, str], GridCell]:
    return {(name(cell.row), cell.trouble): cell for cell in grid_of(runs)}


def test_a_worker_without_a_request_has_one_row_for_each_kind_and_met_nothing(
    scripted_worker: Scripted,
) -> None:
    grid = grid_of([judged(scripted_worker(beats=False))])
    assert [cell.row for cell in grid[:: len(TROUBLES)]] == [
        GridRow(kind)
        for kind in (
            *("heartbeat", "first-page", "later-page", "running", "completion", "failure", "requeue", "logs"),
        )
    ]
    assert {cell.state for cell in grid} == {CellState.NOT_MET}


def test_a_trouble_that_was_met_and_survived(scripted_worker: Scripted) -> None:
    worker = scripted_worker()
    worker.list_tasks(how={"fault": "status", "status": 503})
    worker.list_tasks(how={"fault": "status", "status": 503})
    other = scripted_worker()
    other.list_tasks(how={"fault": "status", "status": 500})
    cell = cells(judged(worker), judged(other, "night"))[("first-page", "5xx")]
    assert (cell.state, cell.scenarios, cell.failed) == (CellState.SURVIVED, ("day", "night"), ())


def test_a_trouble_that_broke_a_rule_in_one_of_two_scenarios(scripted_worker: Scripted) -> None:
    crashing, careful = scripted_worker(), scripted_worker()
    for worker in (crashing, careful):
        worker.list_tasks(how={"fault": "hang"})
        worker.send_heartbeat()
    crash = Violation("process-not-crashed", "It crashed.", (2,))
    grid = cells(judged(careful), judged(crashing, "night", crash))
    cell = grid[("first-page", "hang")]
    assert (cell.state, cell.scenarios, cell.failed) == (CellState.FAILED, ("day", "night"), ("night",))
    assert grid[("heartbeat", "hang")].state is CellState.NOT_MET


def test_reports_have_a_row_for_each_form_that_the_worker_uses(scripted_worker: Scripted) -> None:
    worker = scripted_worker()
    tasks = worker.add_tasks(3, status="pending")
    worker.bulk_update(*({"link_id": task, "status": "running"} for task in tasks))
    worker.update(tasks[0], "completed")
    worker.complete_link(tasks[1], how={"fault": "lost-answer"})
    worker.update(tasks[2], "failed", error_message="no")
    worker.update(tasks[2], "pending", how={"fault": "status", "status": 429})
    grid = cells(judged(worker))
    rows = [row for row, trouble in grid if trouble == "5xx"]
    assert rows == [
        *("heartbeat", "first-page", "later-page", "running (bulk)", "completion (single)"),
        *("completion (callback)", "failure (single)", "requeue (single)", "logs"),
    ]
    met = {cell for cell, value in grid.items() if value.state is CellState.SURVIVED}
    assert met == {("completion (callback)", "answer-lost"), ("requeue (single)", "429")}


def test_one_bulk_update_is_in_the_row_of_everything_that_it_asks(scripted_worker: Scripted) -> None:
    worker = scripted_worker()
    first, second = worker.add_tasks(2, status="running")
    items = {"link_id": first, "status": "completed"}, {"link_id": second, "status": "failed"}
    worker.bulk_update(*items, fault="status", status=502)
    grid = cells(judged(worker))
    met = {cell for cell, value in grid.items() if value.state is CellState.SURVIVED}
    assert met == {("completion (bulk)", "5xx"), ("failure (bulk)", "5xx")}
