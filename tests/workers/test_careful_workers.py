"""Careful workers, built in many ways: no rule blames any of them in any scenario.

Here each scenario meets one of them; `python -m benchmarks.soundness.matrix` tries all with all.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.workers.cast import CAREFUL_WORKERS, Actor
from tests.workers.trials import parts, side_by_side, told
from workerkit.mockserver.trials.trial import try_worker
from workerkit.scenarios.library import library

TIME_LIMIT = 240.0
ABLE = [actor for actor in CAREFUL_WORKERS if not actor.missing]
PAIRS = [(name, ABLE[place % len(ABLE)]) for place, name in enumerate(library.names())]


@pytest.mark.parametrize("pairs", parts(PAIRS), ids=lambda pairs: f"{pairs[0][0]}-and-on")
def test_careful_workers_are_not_blamed(pairs: Sequence[tuple[str, Actor]]) -> None:
    trials = side_by_side(
        lambda pair: try_worker(library.find(pair[0]), pair[1].words, time_limit=TIME_LIMIT), pairs
    )
    for (_, actor), trial in trials:
        assert trial.verdict.passed, f"{actor.name} in {told(trial)}"
