"""`python -m benchmarks.soundness.grid`: what requests ask, and the troubles that they meet.

All careful workers run in all scenarios in which a cell of the grid happens, and must pass. For each cell,
the careless worker with a weakness at exactly this cell must fail there. Prints how many careful workers met
each cell, and what each worker never asks for. The exit code is 1 if a careful worker failed, if no careful
worker met a cell, or if the careless worker of a cell did not meet it or passed.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import product

from tests.workers.careful_workers import CAREFUL_WORKERS, WorkerCommand
from tests.workers.cells import ASKED, Cell, all_cells, cells_of
from tests.workers.trials import run_in_parallel, trial_summary
from workerkit.mockserver.trials.trial import Trial, try_worker
from workerkit.scenarios.library import library
from workerkit.scenarios.run_record.trouble import TROUBLES

TIME_LIMIT = 60.0
# A careless worker that waits for ever is stopped after twice this time. It must have met its cell before.
HANG_LIMIT = 20.0

Pair = tuple[WorkerCommand, str]


def main() -> int:
    """Runs all workers. Returns the exit code."""
    began = time.monotonic()
    careful = run_in_parallel(_try_careful, _pairs())
    careless = run_in_parallel(_try_careless, all_cells())
    met = Counter(cell for _, trial in careful for cell in cells_of(trial.run))
    mistakes = [*_careful_mistakes(careful), *_careless_mistakes(careless), *_unmet(met)]
    lines = [*_table(met), *_never_asked(careful), "", *mistakes]
    sys.stdout.write("\n".join(lines) + "\n")
    report = {
        "cells": len(list(all_cells())),
        "met_by_careful_workers": len(set(met) & set(all_cells())),
        "careful_trials": len(careful),
        "careless_trials": len(careless),
        "wrong": len(mistakes),
        "seconds": round(time.monotonic() - began),
    }
    sys.stdout.write(json.dumps(report, indent=2) + "\n")
    return 1 if mistakes else 0


def _pairs() -> list[Pair]:
    """Returns each careful worker with each scenario in which a cell happens."""
    workers = [worker for worker in CAREFUL_WORKERS if not worker.missing]
    return list(product(workers, dict.fromkeys(cell.scenario for cell in all_cells())))


def _try_careful(pair: Pair) -> Trial:
    worker, scenario = pair
    return try_worker(library.find(scenario), worker.words, time_limit=TIME_LIMIT)


def _try_careless(cell: Cell) -> Trial:
    limit = HANG_LIMIT if cell.trouble == "hang" else TIME_LIMIT
    return try_worker(library.find(cell.scenario), cell.careless_words(), time_limit=limit)


def _careful_mistakes(trials: Iterable[tuple[Pair, Trial]]) -> Iterator[str]:
    for (worker, _), trial in trials:
        if not trial.verdict.passed:
            yield f"false alarm: {worker.name} in {trial_summary(trial)}"


def _careless_mistakes(trials: Iterable[tuple[Cell, Trial]]) -> Iterator[str]:
    for cell, trial in trials:
        if cell not in cells_of(trial.run):
            yield f"{cell} did not happen to its careless worker in {trial_summary(trial)}"
        elif trial.verdict.passed:
            yield f"{cell}: the careless worker passed {trial_summary(trial)}"


def _unmet(met: Mapping[Cell, int]) -> Iterator[str]:
    for cell in all_cells():
        if not met[cell]:
            yield f"{cell}: no careful worker met this cell"


def _table(met: Mapping[Cell, int]) -> Iterator[str]:
    """Yields a line for each kind of request, with the number of careful workers that met each trouble."""
    yield f"{'':20}" + "".join(f"{trouble:>16}" for trouble in TROUBLES)
    for asked, form in dict.fromkeys((cell.asked, cell.form) for cell in all_cells()):
        counts = (met[Cell(asked, trouble, form)] for trouble in TROUBLES)
        yield f"{asked + (f' ({form})' if form else ''):20}" + "".join(f"{count:>16}" for count in counts)


def _never_asked(trials: Iterable[tuple[Pair, Trial]]) -> Iterator[str]:
    asked_by: dict[str, set[str]] = {}
    for (worker, _), trial in trials:
        kinds = {asked.kind for all_asked in trial.run.asked.values() for asked in all_asked}
        asked_by.setdefault(worker.name, set()).update(kinds)
    for name, kinds in asked_by.items():
        missing = [asked for asked in ASKED if asked not in kinds]
        yield f"{name} asks for all but {', '.join(missing)}" if missing else f"{name} asks for everything"


if __name__ == "__main__":
    sys.exit(main())
