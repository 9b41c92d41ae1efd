"""`python -m benchmarks.soundness.sound`: conformance runs blame no sound server, with any dialect."""

from __future__ import annotations

import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import product
from multiprocessing import get_context

import click

from tests.contracts.covering import pairwise
from workerkit.contracts.conformance import conform
from workerkit.contracts.page.rules import RuleStatus
from workerkit.contracts.target.own_mock import own_mock
from workerkit.contracts.target.plan import Plan
from workerkit.openapi.spec.dialect import dialect_of
from workerkit.openapi.spec.silence import silences

_PROCESSES = 2


@dataclass(frozen=True)
class Row:
    """A run on the mock: which dialect, which seed, the rules it found broken, and what it took."""

    dialect: int
    seed: int
    broken: tuple[str, ...]
    requests: int
    seconds: float


@click.command()
@click.option("--dialects", default=12, show_default=True, help="How many; the first is the default one.")
@click.option("--seeds", default=10, show_default=True, help="How many runs under each.")
def main(dialects: int, seeds: int) -> None:
    """Tests the mock under dialects in which every two values meet; exit 1 where one is blamed."""
    rows = []
    with ProcessPoolExecutor(_PROCESSES, get_context("spawn")) as pool:
        for row in pool.map(_run, *zip(*product(range(dialects), range(1, seeds + 1)), strict=True)):
            rows.append(row)
            if row.broken:
                click.echo(f"dialect {row.dialect}, seed {row.seed}: {', '.join(row.broken)}")
    blamed = sum(bool(row.broken) for row in rows)
    most, longest = max(row.requests for row in rows), max(row.seconds for row in rows)
    click.echo(f"{len(rows)} runs, {blamed} with a finding; at most {most} requests and {longest:.1f} s")
    sys.exit(1 if blamed else 0)


def _run(dialect: int, seed: int) -> Row:
    values = {name: list(each.values) for name, each in silences().items()}
    choices = [{}, *pairwise(values)][dialect]
    with own_mock(seed, dialect_of(choices)) as target:
        report = conform(target, Plan(seed=seed))
    broken = tuple(f"{each.id}: {each.why}" for each in report.of(RuleStatus.BROKEN))
    return Row(dialect, seed, broken, report.requests, report.seconds)


if __name__ == "__main__":
    main()
