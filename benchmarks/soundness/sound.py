"""`python -m benchmarks.soundness.sound`: checks that conformance runs find nothing in the mock."""

from __future__ import annotations

import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import product
from multiprocessing import get_context

import click

from tests.contracts.covering import pairwise_dialects
from workerkit.contracts.conformance import conform
from workerkit.contracts.page.rules import RuleStatus
from workerkit.contracts.target.own_mock import own_mock
from workerkit.contracts.target.plan import Plan
from workerkit.openapi.spec.dialect import dialect_of

_PROCESSES = 2


@dataclass(frozen=True)
class Row:
    """The result of one run against the mock.

    dialect: the index of the dialect.
    seed: the seed of the mock and of the run.
    broken: the broken rules, each with its message.
    requests: how many requests the run sent.
    seconds: how long the run took.
    """

    dialect: int
    seed: int
    broken: tuple[str, ...]
    requests: int
    seconds: float


@click.command()
@click.option(
    "--dialects", default=12, show_default=True, help="Number of dialects. The first one is the default."
)
@click.option("--seeds", default=10, show_default=True, help="Number of runs with each dialect.")
def main(dialects: int, seeds: int) -> None:
    """Tests the mock with dialects that together contain each pair of choices.

    The exit code is 1 if a run has a finding.
    """
    rows = []
    with ProcessPoolExecutor(_PROCESSES, get_context("spawn")) as pool:
        for row in pool.map(_run, *zip(*product(range(dialects), range(1, seeds + 1)), strict=True)):
            rows.append(row)
            if row.broken:
                click.echo(f"dialect {row.dialect}, seed {row.seed}: {', '.join(row.broken)}")
    with_finding = sum(bool(row.broken) for row in rows)
    most, longest = max(row.requests for row in rows), max(row.seconds for row in rows)
    click.echo(
        f"{len(rows)} runs, {with_finding} with a finding; at most {most} requests and {longest:.1f} s"
    )
    sys.exit(1 if with_finding else 0)


def _run(dialect: int, seed: int) -> Row:
    choices = [{}, *pairwise_dialects()][dialect]
    with own_mock(seed, dialect_of(choices)) as target:
        report = conform(target, Plan(seed=seed))
    broken = tuple(f"{rule.id}: {rule.why}" for rule in report.with_status(RuleStatus.BROKEN))
    return Row(dialect, seed, broken, report.requests, report.seconds)


if __name__ == "__main__":
    main()
