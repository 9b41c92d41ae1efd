"""`python -m benchmarks.soundness.real_servers`: tests the servers of tests/servers. Writes real_servers.md.

It works in slices: each result goes to a file at once, and the next call goes on where the last one stopped.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from itertools import islice
from multiprocessing import get_context
from pathlib import Path

import click

from benchmarks.machine import Machine
from benchmarks.soundness.real_servers.jobs import SEEDS, Job, Kind, all_jobs
from benchmarks.soundness.real_servers.page import page
from benchmarks.soundness.real_servers.results import Result, read_results, result_line
from benchmarks.soundness.real_servers.trial import run
from tests.servers.stacks import STACKS

_PAGE = Path("benchmarks", "soundness", "real_servers.md")
_RESULTS = Path("build", "real_servers.jsonl")


@click.command()
@click.option("--stack", "stacks", multiple=True, type=click.Choice(STACKS), help="Only this server.")
@click.option("--kind", "kinds", multiple=True, type=click.Choice(list(map(str, Kind))), help="Only these.")
@click.option("--jobs", "processes", default=2, show_default=True, help="Runs at the same time.")
@click.option("--minutes", default=0.0, help="Stop after this time. Default: go on to the end.")
@click.option("--seeds", default=SEEDS, show_default=True, help="How many seeds.")
@click.option("--stock", is_flag=True, help="Also ask Schemathesis alone.")
@click.option("--fresh", is_flag=True, help="Forget the results of earlier calls.")
@click.option("--again", is_flag=True, help="Run also what has a result.")
@click.argument("names", nargs=-1)
def main(
    stacks: tuple[str, ...],
    kinds: tuple[str, ...],
    processes: int,
    minutes: float,
    seeds: int,
    stock: bool,
    fresh: bool,
    again: bool,
    names: tuple[str, ...],
) -> None:
    """Runs conform on the correct servers, on their variants alone and together, and on their faults.

    With NAMES only these variants and faults. The page always shows all results that the file has. The exit
    code is 1 if a correct server has a finding.
    """
    if fresh:
        _RESULTS.unlink(missing_ok=True)
    _RESULTS.parent.mkdir(exist_ok=True)
    machine = Machine()
    known = read_results(_RESULTS)
    wanted = [
        job
        for job in all_jobs(stacks or STACKS, seeds)
        if (not names or job.name in names) and (not kinds or job.kind in kinds)
    ]
    todo = wanted if again else [known.get(job, job) for job in wanted]
    for result in _run(todo, processes, minutes, stock=stock):
        rules = ", ".join(result.broken) or "-"
        click.echo(f"{result.job.stack:8} {result.job.name[:60]:60} {rules} {result.end}")
    known = read_results(_RESULTS)
    planned = list(all_jobs(STACKS, SEEDS))
    shown = [known[job] for job in planned if job in known]
    _PAGE.write_text(page(shown, planned, machine.description()), "utf-8")
    _end([known[job] for job in wanted if job in known], len(wanted))


def _end(results: list[Result], wanted: int) -> None:
    """Prints what was blamed and missed, and exits."""
    blamed = [result for result in results if result.is_blamed]
    for result in blamed:
        job = result.job
        click.echo(f"blamed: {job.stack} {job.name} (seed {job.seed}): {result.broken} {result.end}")
    missed = [f"{result.job.stack}/{result.job.name}" for result in results if result.is_missed]
    click.echo(f"{len(results)} of {wanted} runs; blamed {len(blamed)}; missed {len(missed)}: {missed}")
    sys.exit(1 if blamed else 0)


def _run(wanted: Iterable[Job | Result], processes: int, minutes: float, *, stock: bool) -> Iterator[Result]:
    """Yields the results that are missing, or whose `stock` is missing, as soon as each is there."""
    todo = iter([item for item in wanted if isinstance(item, Job) or (stock and item.wants_stock)])
    end = time.monotonic() + minutes * 60 if minutes else float("inf")
    with (
        _RESULTS.open("a", encoding="utf-8") as file,
        ProcessPoolExecutor(processes, get_context("spawn")) as pool,
    ):
        running_jobs: set[Future[Result]] = set()
        while True:
            # Only as many jobs as processes, so that the time limit holds.
            free = processes - len(running_jobs) if time.monotonic() < end else 0
            running_jobs |= {pool.submit(run, item, stock=stock) for item in islice(todo, free)}
            if not running_jobs:
                return
            done, running_jobs = wait(running_jobs, return_when=FIRST_COMPLETED)
            for result in (future.result() for future in done):
                file.write(result_line(result))
                file.flush()
                yield result


if __name__ == "__main__":
    main()
