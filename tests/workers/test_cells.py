"""Each kind of request meets each trouble somewhere in the library, and a careless worker fails there.

Here each kind of request is tested with two troubles. `hang` takes too long, and on a busy machine every
answer can be `slow`. `python -m benchmarks.soundness.grid` tests all cells.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.workers.cells import ASKED, FORMS, UPDATES, Cell, all_cells, cells_of
from tests.workers.trials import in_groups, run_in_parallel, trial_summary
from workerkit.mockserver.trials.trial import try_worker
from workerkit.openapi.asked import KINDS
from workerkit.scenarios.faults import FAULTS
from workerkit.scenarios.library import library
from workerkit.scenarios.model.effects.faults import AddFault
from workerkit.scenarios.run_record.trouble import TROUBLES

TIME_LIMIT = 240.0
TIMELESS_TROUBLES = [trouble for trouble in TROUBLES if trouble not in ("hang", "slow")]


def _some_cells() -> list[Cell]:
    numbers = [(index, step) for step in (0, 3) for index in range(len(ASKED))]
    return [
        Cell(
            ASKED[index],
            TIMELESS_TROUBLES[(index + step) % len(TIMELESS_TROUBLES)],
            list(FORMS)[(index + step) % len(FORMS)] if ASKED[index] in UPDATES else None,
        )
        for index, step in numbers
    ]


@pytest.mark.parametrize("cells", in_groups(_some_cells()), ids=lambda cells: f"{cells[0]}-and-others")
def test_a_careless_worker_fails_where_it_is_weak(cells: Sequence[Cell]) -> None:
    trials = run_in_parallel(
        lambda cell: try_worker(library.find(cell.scenario), cell.careless_words(), time_limit=TIME_LIMIT),
        cells,
    )
    for cell, trial in trials:
        assert cell in cells_of(trial.run), f"{cell} did not happen in {trial_summary(trial)}"
        assert not trial.verdict.passed, f"{cell} did no harm in {trial_summary(trial)}"


def test_the_chosen_cells_have_every_kind_of_request_and_every_timeless_trouble() -> None:
    chosen = _some_cells()
    assert set(chosen) <= set(all_cells())
    assert {cell.asked for cell in chosen} == set(ASKED) <= set(KINDS)
    assert {cell.trouble for cell in chosen} == set(TIMELESS_TROUBLES)


def test_every_fault_is_in_a_scenario_of_the_library() -> None:
    effects = [
        effect
        for name in library.names()
        for happening in library.find(name).when
        for effect in happening.effects
    ]
    faults = {effect.planned.fault.kind for effect in effects if isinstance(effect, AddFault)}
    assert faults == set(FAULTS)
