"""All that the runs of a worker covered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from workerkit.openapi.page.page import Sentence
from workerkit.scenarios.coverage.grid import GridCell, grid_of
from workerkit.scenarios.coverage.judged_run import JudgedRun
from workerkit.scenarios.coverage.page_sentences import sentence_scenarios
from workerkit.scenarios.coverage.task_states import reported_states
from workerkit.scenarios.coverage.troubles_in_a_row import TroublePair, troubles_in_a_row


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the runs of a worker covered.

    grid: what the worker asked and which troubles it met, row by row.
    reported_states: how often the worker reported a status for a task in a state, by both.
    troubles_in_a_row: how often the worker met each pair of troubles.
    sentences: the sentences of the API page that a worker can exercise, each with the names of the scenarios
        in which this worker did.
    """

    grid: tuple[GridCell, ...]
    reported_states: Mapping[tuple[str, str], int]
    troubles_in_a_row: Mapping[TroublePair, int]
    sentences: Mapping[Sentence, tuple[str, ...]]


def coverage_of(runs: Sequence[JudgedRun]) -> Coverage:
    """Returns what these runs covered."""
    return Coverage(grid_of(runs), reported_states(runs), troubles_in_a_row(runs), sentence_scenarios(runs))
