"""`python -m benchmarks.soundness.garbled`: checks that no answer of a server can make workerkit fail."""

from __future__ import annotations

import json
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from itertools import count
from multiprocessing import get_context
from pathlib import Path

import click

from tests.contracts.garbling import GarbledRun, garbled_run

_PROCESSES = 2
_MOST_REQUESTS = 1500


@dataclass(frozen=True)
class Row:
    """The result of one run. `seed` is its seed."""

    seed: int
    run: GarbledRun

    def __str__(self) -> str:
        run = self.run
        return f"seed {self.seed}: {run.requests} requests, {run.count} garbled answers. {run.ended}"


@click.command()
@click.option("--answers", default=10_000, show_default=True, help="Number of garbled answers in all.")
@click.option("--seed", default=1, show_default=True, help="Seed of the first run.")
@click.option(
    "--out", type=click.Path(path_type=Path), help="Add the runs to FILE, and go on after its last run."
)
def main(answers: int, seed: int, out: Path | None) -> None:
    """Tests the mock behind a proxy that garbles answers, with one seed after another.

    The exit code is 1 if workerkit failed in a run.
    """
    rows = _earlier_rows(out)
    seeds = count(max([seed - 1, *(row.seed for row in rows)]) + 1)
    with ProcessPoolExecutor(_PROCESSES, get_context("spawn")) as pool:
        while sum(row.run.count for row in rows) < answers:
            for row in pool.map(_run, [next(seeds) for _ in range(_PROCESSES)]):
                rows.append(row)
                _note(row, out)
    failed = [row for row in rows if row.run.failure]
    total = sum(row.run.count for row in rows)
    click.echo(f"{len(rows)} runs, {total} garbled answers; workerkit failed in {len(failed)} runs")
    sys.exit(1 if failed else 0)


def _run(seed: int) -> Row:
    return Row(seed, garbled_run(seed, _MOST_REQUESTS))


def _earlier_rows(out: Path | None) -> list[Row]:
    lines = out.read_text("utf-8").splitlines() if out is not None and out.exists() else []
    return [Row(value["seed"], GarbledRun(**value["run"])) for value in map(json.loads, lines)]


def _note(row: Row, out: Path | None) -> None:
    click.echo(f"{row}\n{row.run.failure}".strip())
    if out is not None:
        with out.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(asdict(row)) + "\n")


if __name__ == "__main__":
    main()
