"""`python -m benchmarks.hunt`: hunts of workers with a subtle bug, and of careful workers."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import click

from benchmarks.hunt.apart_bugs import APART_BUGS
from benchmarks.hunt.results import results_page
from benchmarks.hunt.slice_row import RowFile, SliceRow
from benchmarks.hunt.slices import (
    careful_busy_slice,
    careful_slice,
    hunt_slice,
    library_slice,
    schedule_slice,
    timed,
)
from benchmarks.hunt.subtle_bugs import SUBTLE_BUGS
from benchmarks.machine import Machine
from tests.workers.careful_workers import CAREFUL_WORKERS
from tests.workers.stack_workers import STACK_WORKERS

KINDS = ("schedule", "library", "hunt", "careful", "careful-busy")
_PAGE = Path(__file__).with_name("results.md")
_SEEDS = (1, 2, 3)

# What a slice runs, and how to run it with so many trials in parallel.
Slice = tuple[tuple[str, str, int], Callable[[int], SliceRow]]


@click.command()
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option("--kind", "kinds", multiple=True, type=click.Choice(KINDS), help="Only these slices.")
@click.option(
    "--seed", "seeds", multiple=True, type=click.Choice(list(map(str, _SEEDS))), help="Only these seeds."
)
@click.option("--jobs", default=2, show_default=True, help="How many trials run in parallel.")
@click.option("--page", is_flag=True, help="Run nothing. Write the page from the file of --done.")
@click.option(
    "--done",
    default="build/hunt/done.jsonl",
    show_default=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file that keeps the results.",
)
def main(
    names: Sequence[str], kinds: Sequence[str], seeds: Sequence[str], jobs: int, *, page: bool, done: Path
) -> None:
    """Runs the slices that are not in the file of --done, and writes benchmarks/hunt/results.md.

    If the command was stopped, it goes on where it stopped. Remove the file to begin again. With NAME, only
    the bugs and the careful workers of these names. The exit code is 1 if a careful worker was blamed.
    """
    machine, file = Machine(), RowFile(done)
    ready = {row.key for row in file.rows()}
    for (kind, name, seed), run in () if page else _slices():
        is_chosen = (not names or name in names) and (not kinds or kind in kinds)
        if not is_chosen or (seeds and str(seed) not in seeds) or (kind, name, seed) in ready:
            continue
        row = timed(partial(run, jobs))
        file.add(row)
        click.echo(str(row))
    rows = list(file.rows())
    about_machine = "All rows were measured earlier, by one or more runs." if page else machine.description()
    _PAGE.write_text(results_page(rows, about_machine), "utf-8")
    sys.exit(any(not row.passed for row in rows if row.kind.startswith("careful")))


def _slices() -> Iterator[Slice]:
    for bug in (*SUBTLE_BUGS, *APART_BUGS):
        yield ("schedule", bug.name, 0), partial(schedule_slice, bug)
    for bug in (*SUBTLE_BUGS, *APART_BUGS):
        yield ("library", bug.name, 0), partial(library_slice, bug)
    for seed in _SEEDS:
        for bug in (*SUBTLE_BUGS, *APART_BUGS):
            yield ("hunt", bug.name, seed), partial(hunt_slice, bug, seed=seed)
    for worker in (*CAREFUL_WORKERS, *STACK_WORKERS):
        if worker.missing:
            click.echo(f"Left out: {worker.name} needs {worker.missing}")
            continue
        yield ("careful", worker.name, 1), partial(careful_slice, worker)
        yield ("careful-busy", worker.name, 1), partial(careful_busy_slice, worker)


if __name__ == "__main__":
    main()
