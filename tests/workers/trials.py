"""Runs several trials at the same time. A trial mostly waits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from workerkit.mockserver.trials.trial import Trial

T = TypeVar("T")
AT_ONCE = 6


def run_in_parallel(run: Callable[[T], Trial], subjects: Iterable[T]) -> list[tuple[T, Trial]]:
    """Returns each subject with its trial, in order."""
    subjects = list(subjects)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(zip(subjects, pool.map(run, subjects), strict=True))


def in_groups(subjects: Sequence[T]) -> list[Sequence[T]]:
    """Returns the subjects in groups. One test runs one group at the same time."""
    return [subjects[begin : begin + AT_ONCE] for begin in range(0, len(subjects), AT_ONCE)]


def trial_summary(trial: Trial) -> str:
    """Returns the violations and the output of a trial, for the message of a failed test."""
    violations = "".join(f"\n  {violation.rule}: {violation.message}" for violation in trial.verdict.broken)
    return f"{trial.verdict.scenario}: violations:{violations or ' none'}\n  output: {trial.output[-1000:]}"
