"""`python -m benchmarks.soundness.stacks`: careful workers with real HTTP libraries, in all scenarios.

No worker of `tests/workers/stacks/` may break a rule. Prints a line for each worker and repetition, and
every trial in which a worker was blamed.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from itertools import product

import click

from benchmarks.soundness.busy import all_cores_busy
from tests.workers.careful_workers import WorkerCommand
from tests.workers.stack_workers import STACK_WORKERS
from tests.workers.trials import run_in_parallel, trial_summary
from workerkit.mockserver.trials.trial import Trial, try_worker
from workerkit.scenarios.library import library

TIME_LIMIT = 60.0
NAMES = [worker.name for worker in STACK_WORKERS]

Pair = tuple[WorkerCommand, str]


@click.command()
@click.argument("names", metavar="[LIBRARY]...", nargs=-1, type=click.Choice(NAMES))
@click.option("--times", default=1, show_default=True, help="How often each worker runs in each scenario.")
@click.option("--busy", is_flag=True, help="Run the last repetition beside one busy process for each core.")
@click.option("--scenario", "scenarios", multiple=True, help="Run only this scenario; repeat for several.")
def main(names: Sequence[str], times: int, *, busy: bool, scenarios: Sequence[str]) -> None:
    """Runs the workers with these HTTP libraries in all scenarios. Without LIBRARY all workers.

    The exit code is 1 if a worker was blamed.
    """
    workers = [worker for worker in STACK_WORKERS if not names or worker.name in names]
    runnable = [worker for worker in workers if not worker.missing]
    for worker in workers:
        if worker.missing:
            click.echo(f"Left out: {worker.name} needs {worker.missing}")
    chosen = scenarios or library.names()
    blamed = sum(_repetition(runnable, chosen, number) for number in range(1, times + 1 - busy))
    if busy:
        with all_cores_busy():
            blamed += _repetition(runnable, chosen, times)
    click.echo(f"{len(runnable) * len(chosen) * times} trials of {len(runnable)} workers, {blamed} blamed")
    sys.exit(1 if blamed else 0)


def _repetition(workers: Sequence[WorkerCommand], scenarios: Sequence[str], number: int) -> int:
    """Runs each worker once in each scenario. Returns the number of trials in which a worker was blamed."""
    return sum(_blamed(worker, scenarios, number) for worker in workers)


def _blamed(worker: WorkerCommand, scenarios: Sequence[str], number: int) -> int:
    began = time.monotonic()
    trials = run_in_parallel(_try, product([worker], scenarios))
    lines = list(_blames(trials))
    seconds = time.monotonic() - began
    click.echo(f"{worker.name}, repetition {number}: {len(lines)} blamed in {len(trials)}, {seconds:.0f} s")
    for line in lines:
        click.echo(line)
    return len(lines)


def _blames(trials: Sequence[tuple[Pair, Trial]]) -> Iterator[str]:
    for (worker, _), trial in trials:
        if not trial.verdict.passed:
            yield f"{worker.name} in {trial_summary(trial)}"


def _try(pair: Pair) -> Trial:
    worker, name = pair
    return try_worker(
        library.find(name), worker.words, time_limit=TIME_LIMIT, heartbeat_interval=worker.heartbeat
    )


if __name__ == "__main__":
    main()
