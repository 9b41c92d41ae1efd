"""The grid of what a worker asked and of the troubles that it met there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import product

from workerkit.openapi.asked import FIRST_PAGE, LATER_PAGE, TASK_KINDS, form_of
from workerkit.scenarios.coverage.judged_run import JudgedRun
from workerkit.scenarios.run_record.trouble import TROUBLES, Trouble

# What the rows of the grid are about. A kind about tasks has a row for each form that the worker uses.
ROW_KINDS = (
    "heartbeat",
    FIRST_PAGE,
    LATER_PAGE,
    "running",
    "completion",
    "failure",
    "requeue",
    "logs",
)


# In the order of the rows.
_FORMS = ("", "single", "bulk", "callback")


class CellState(StrEnum):
    """Whether the worker met a trouble, and how it came out of it."""

    NOT_MET = "not met"
    SURVIVED = "survived"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class GridRow:
    """What is asked, and in which form.

    form: `single`, `bulk` or `callback`. Empty if what is asked has only one form, or if the worker did not
        ask it.
    """

    kind: str
    form: str = ""


@dataclass(frozen=True, slots=True)
class GridCell:
    """One kind of request that meets one trouble.

    scenarios: the names of the scenarios in which this happened, in the order of the runs.
    failed: those of them in which the worker broke a rule because of this trouble.
    """

    row: GridRow
    trouble: Trouble
    scenarios: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()

    @property
    def state(self) -> CellState:
        """`failed` if the worker broke a rule in at least one scenario."""
        if not self.scenarios:
            return CellState.NOT_MET
        return CellState.FAILED if self.failed else CellState.SURVIVED


def grid_of(runs: Sequence[JudgedRun]) -> tuple[GridCell, ...]:
    """Returns a cell for each row and each trouble, row by row.

    A kind about tasks has a row for each form in which the worker asked it. If the worker never asked it, the
    kind has one row without a form.
    """
    met: dict[tuple[GridRow, Trouble], list[JudgedRun]] = {}
    failed: dict[tuple[GridRow, Trouble], list[JudgedRun]] = {}
    for run in runs:
        for number, cell in _meetings(run):
            met.setdefault(cell, []).append(run)
            if number in run.failed_exchanges:
                failed.setdefault(cell, []).append(run)
    return tuple(
        GridCell(row, trouble, _names(met, row, trouble), _names(failed, row, trouble))
        for row, trouble in product(_rows(runs), TROUBLES)
    )


def _rows(runs: Iterable[JudgedRun]) -> Iterator[GridRow]:
    seen = {row for run in runs for number in run.record.asked for row in _rows_of(run, number)}
    for kind in ROW_KINDS:
        rows = sorted((row for row in seen if row.kind == kind), key=lambda row: _FORMS.index(row.form))
        yield from rows or [GridRow(kind)]


def _meetings(run: JudgedRun) -> Iterator[tuple[int, tuple[GridRow, Trouble]]]:
    """Returns each cell that each exchange of the run belongs to, with the number of the exchange."""
    for number, troubles in run.record.troubles.items():
        for row, trouble in product(_rows_of(run, number), troubles):
            yield number, (row, trouble)


def _rows_of(run: JudgedRun, number: int) -> set[GridRow]:
    form = form_of(run.operations[number]) or ""
    kinds = {asked.kind for asked in run.record.asked[number]}
    return {GridRow(kind, form if kind in TASK_KINDS else "") for kind in kinds if kind in ROW_KINDS}


def _names(
    runs: Mapping[tuple[GridRow, Trouble], list[JudgedRun]], row: GridRow, trouble: Trouble
) -> tuple[str, ...]:
    return tuple(dict.fromkeys(run.verdict.scenario for run in runs.get((row, trouble), ())))
