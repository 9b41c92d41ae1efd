"""The judge's eye: careful workers in all scenarios, and careless ones again and again.

Run it with the number of repetitions, if any. No careful worker may be blamed, and each careless one has to
be told apart by its own rule every time, also while every core of the machine is busy. Prints what each
careless worker broke, how often, and what went wrong; exits with 1 where something did.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path

from tests.workers.cast import CAREFUL_WORKERS, Actor
from tests.workers.mutants import MUTANTS, Mutant, scenario
from tests.workers.trials import side_by_side, told
from workerkit.mockserver.trials.trial import Trial, try_worker
from workerkit.scenarios.library import library

REPETITIONS = 10
TIME_LIMIT = 60.0


def main(repetitions: int) -> int:
    """Tries everybody; 0 where the judge was right every time."""
    began = time.monotonic()
    wrong = list(_false_alarms())
    wrong += _mistakes(repetitions, "calm")
    with _all_cores_busy():
        wrong += _mistakes(repetitions, "busy")
    sys.stdout.write("".join(f"\n{each}" for each in wrong))
    report = {
        "careful_trials": len(_pairs()),
        "careless_trials": len(MUTANTS) * repetitions * 2,
        "wrong": len(wrong),
        "seconds": round(time.monotonic() - began),
    }
    sys.stdout.write("\n" + json.dumps(report, indent=2) + "\n")
    return 1 if wrong else 0


def _pairs() -> list[tuple[Actor, str]]:
    """Every careful worker in every scenario, and what the careless ones were made from where they fail."""
    able = [actor for actor in CAREFUL_WORKERS if not actor.missing]
    originals = dict.fromkeys((mutant.original_words(), mutant.scenario) for mutant in MUTANTS)
    return [
        *product(able, library.names()),
        *((Actor("original", words), name) for words, name in originals),
    ]


def _false_alarms() -> Iterator[str]:
    trials = side_by_side(_try_careful, _pairs())
    return (f"blamed: {actor.name} in {told(trial)}" for (actor, _), trial in trials if trial.verdict.broken)


def _try_careful(pair: tuple[Actor, str]) -> Trial:
    return try_worker(scenario(pair[1]), pair[0].words, time_limit=TIME_LIMIT)


def _mistakes(repetitions: int, kind: str) -> list[str]:
    """Tries the careless ones, prints a line about each, and returns what the judge got wrong."""
    with tempfile.TemporaryDirectory() as folder:
        words = {mutant: mutant.words(Path(folder)) for mutant in MUTANTS}
        trials = side_by_side(
            lambda mutant: try_worker(scenario(mutant.scenario), words[mutant], time_limit=TIME_LIMIT),
            [mutant for mutant in MUTANTS for _ in range(repetitions)],
        )
    for mutant in MUTANTS:
        sys.stdout.write(f"{kind}  {mutant.rule:24} {_broken(mutant, trials)}\n")
    return [f"{kind}: {mutant.name} in {told(trial)}" for mutant, trial in trials if _is_wrong(mutant, trial)]


def _broken(mutant: Mutant, trials: Iterable[tuple[Mutant, Trial]]) -> str:
    """The rules that a careless worker broke, each with how often."""
    often = Counter(each.rule for whose, trial in trials if whose is mutant for each in trial.verdict.broken)
    return ", ".join(f"{rule} {count}" for rule, count in often.most_common())


def _is_wrong(mutant: Mutant, trial: Trial) -> bool:
    broken = {each.rule for each in trial.verdict.broken}
    return mutant.rule not in broken or not broken <= {mutant.rule, *mutant.also}


@contextmanager
def _all_cores_busy() -> Iterator[None]:
    processes = [multiprocessing.Process(target=_turn, daemon=True) for _ in range(os.cpu_count() or 1)]
    for process in processes:
        process.start()
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.join()


def _turn() -> None:
    while True:
        pass


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else REPETITIONS))
