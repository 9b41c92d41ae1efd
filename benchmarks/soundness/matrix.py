"""`python -m benchmarks.soundness.matrix [REPETITIONS]`: runs careful and careless workers in scenarios.

Each careful worker runs in all scenarios, and must not break a rule. Each careless worker runs 10 (or
REPETITIONS) times on an idle and on a busy machine, and must break its own rule each time, but no rule that
it should keep. Prints the rules that each careless worker broke, and each wrong verdict. The exit code is 1
if there is a wrong verdict.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import product
from pathlib import Path

from benchmarks.soundness.busy import all_cores_busy
from tests.workers.careful_workers import CAREFUL_WORKERS, WorkerCommand
from tests.workers.mutants import MUTANTS, Mutant, scenario
from tests.workers.trials import run_in_parallel, trial_summary
from workerkit.mockserver.trials.trial import Trial, try_worker
from workerkit.scenarios.library import library

REPETITIONS = 10
TIME_LIMIT = 60.0


def main(repetitions: int) -> int:
    """Runs all workers. Returns the exit code."""
    began = time.monotonic()
    mistakes = list(_false_alarms())
    mistakes += _careless_mistakes(repetitions, "idle")
    with all_cores_busy():
        mistakes += _careless_mistakes(repetitions, "busy")
    sys.stdout.write("".join(f"\n{mistake}" for mistake in mistakes))
    report = {
        "careful_trials": len(_pairs()),
        "careless_trials": len(MUTANTS) * repetitions * 2,
        "wrong": len(mistakes),
        "seconds": round(time.monotonic() - began),
    }
    sys.stdout.write("\n" + json.dumps(report, indent=2) + "\n")
    return 1 if mistakes else 0


def _pairs() -> list[tuple[WorkerCommand, str]]:
    """Returns careful workers, each with a scenario. Also the workers from which careless ones were made."""
    workers = [worker for worker in CAREFUL_WORKERS if not worker.missing]
    originals = dict.fromkeys((mutant.original_words(), mutant.scenario) for mutant in MUTANTS)
    return [
        *product(workers, library.names()),
        *((WorkerCommand("original", words), name) for words, name in originals),
    ]


def _false_alarms() -> Iterator[str]:
    trials = run_in_parallel(_try_careful, _pairs())
    for (worker, _), trial in trials:
        if trial.verdict.broken:
            yield f"false alarm: {worker.name} in {trial_summary(trial)}"


def _try_careful(pair: tuple[WorkerCommand, str]) -> Trial:
    worker, name = pair
    return try_worker(
        scenario(name), worker.words, time_limit=TIME_LIMIT, heartbeat_interval=worker.heartbeat
    )


def _careless_mistakes(repetitions: int, kind: str) -> list[str]:
    """Runs the careless workers, and prints a line for each. Returns a line for each wrong verdict."""
    with tempfile.TemporaryDirectory() as folder:
        commands = {mutant: mutant.words(Path(folder)) for mutant in MUTANTS}
        trials = run_in_parallel(
            lambda mutant: try_worker(
                scenario(mutant.scenario),
                commands[mutant],
                time_limit=TIME_LIMIT,
                heartbeat_interval=mutant.heartbeat,
            ),
            [mutant for mutant in MUTANTS for _ in range(repetitions)],
        )
    for mutant in MUTANTS:
        sys.stdout.write(f"{kind}  {mutant.rule:24} {_broken_rules(mutant, trials)}\n")
    return [
        f"{kind}: {mutant.name} in {trial_summary(trial)}"
        for mutant, trial in trials
        if _is_mistake(mutant, trial)
    ]


def _broken_rules(mutant: Mutant, trials: Iterable[tuple[Mutant, Trial]]) -> str:
    """Returns the rules that a careless worker broke, each with its count."""
    own_trials = [trial for other, trial in trials if other is mutant]
    counts = Counter(violation.rule for trial in own_trials for violation in trial.verdict.broken)
    return ", ".join(f"{rule} {count}" for rule, count in counts.most_common())


def _is_mistake(mutant: Mutant, trial: Trial) -> bool:
    broken = {violation.rule for violation in trial.verdict.broken}
    return mutant.rule not in broken or not broken <= {mutant.rule, *mutant.also}


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else REPETITIONS))
