"""Many trials at the same time: most of each is waiting."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from workerkit.mockserver.trials.trial import Trial

T = TypeVar("T")
AT_ONCE = 6


def side_by_side(run: Callable[[T], Trial], subjects: Iterable[T]) -> list[tuple[T, Trial]]:
    """Each subject with its trial, in their order."""
    subjects = list(subjects)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(zip(subjects, pool.map(run, subjects), strict=True))


def parts(subjects: Sequence[T]) -> list[Sequence[T]]:
    """The subjects in groups that are tried together, each group for one test."""
    return [subjects[begin : begin + AT_ONCE] for begin in range(0, len(subjects), AT_ONCE)]


def told(trial: Trial) -> str:
    """What of a trial to read when a test fails."""
    broken = "".join(f"\n  {each.rule}: {each.message}" for each in trial.verdict.broken) or " nothing"
    return f"{trial.verdict.scenario}: broken:{broken}\n  printed: {trial.output[-1000:]}"
