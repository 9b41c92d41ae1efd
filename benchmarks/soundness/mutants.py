"""`python -m benchmarks.soundness.mutants`: which rules find each broken mock, beside stock Schemathesis."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from importlib.resources import as_file, files
from multiprocessing import get_context
from pathlib import Path

import click

from benchmarks.goal import Goal, goal_table, markdown
from benchmarks.machine import Machine
from tests.broken import MUTANTS
from tests.broken.serving import serving
from tests.broken.trial import found, trial
from workerkit.contracts.conformance import RunFailedError
from workerkit.contracts.gate.gate import Cause
from workerkit.contracts.target.target import Target

_PAGE = Path(__file__).with_name("mutants.md")
_PROCESSES = 2
_MOST_REQUESTS, _MOST_SECONDS = 3000, 30.0
_STOCK_SECONDS = 20


@dataclass(frozen=True)
class Row:
    """A mutant, which of the rules found broken are its own, and what the run took."""

    name: str
    own: list[str]
    others: list[str]
    requests: int
    seconds: float
    stock: bool

    @property
    def is_found(self) -> bool:
        """Whether a rule of its own was found broken."""
        return bool(self.own)

    def cells(self) -> list[str]:
        """Its row of the page."""
        rules = ", ".join(self.own) or f"**missed** ({', '.join(self.others) or 'nothing found'})"
        return [self.name, rules, str(self.requests), f"{self.seconds:.1f}", "found" if self.stock else "-"]


@click.command()
@click.option("--max-requests", default=None, type=int, help="Of each run; by default as many as it takes.")
@click.argument("names", metavar="[NAME]...", nargs=-1, type=click.Choice(list(MUTANTS)))
def main(max_requests: int | None, names: tuple[str, ...]) -> None:
    """Tries all mutants and writes benchmarks/soundness/mutants.md, or prints the rows of these NAMES.

    Exit 1 where one is missed.
    """
    machine = Machine()
    rows = list(_rows(names or tuple(MUTANTS), max_requests))
    if not names:
        _PAGE.write_text(_page(rows, machine.described()), "utf-8")
    missed = [row.name for row in rows if not row.is_found]
    click.echo(f"\n{len(rows)} mutants, missed {len(missed)}: {', '.join(missed) or 'none'}")
    sys.exit(1 if missed else 0)


def _rows(names: Iterable[str], most: int | None) -> Iterator[Row]:
    with ProcessPoolExecutor(_PROCESSES, get_context("spawn")) as pool:
        for row in pool.map(partial(_row, most=most), names):
            click.echo(" | ".join(row.cells()))
            yield row


def _row(name: str, *, most: int | None) -> Row:
    try:
        report = trial(name, most=most)
    except RunFailedError as failed:
        click.echo(f"{name}: {failed}")
        report = failed.report
    rules = found(report) if report.cause is not Cause.KIT else []
    with serving(name) as target:
        stock = _stock_finds(target)
    own = [rule for rule in rules if rule in MUTANTS[name].rules]
    others = [rule for rule in rules if rule not in own]
    return Row(name, own, others, report.requests, report.seconds, stock)


def _stock_finds(target: Target) -> bool:
    """Whether Schemathesis fails with its own checks, the kit's spec and a valid key, as on no sound mock."""
    with ExitStack() as stack:
        spec = stack.enter_context(as_file(files("workerkit.openapi") / "worker-api.yaml"))
        words = [
            *(sys.executable, "-m", "schemathesis.cli", "run", str(spec), "--url", target.base_url),
            *("-H", f"X-API-Key: {target.api_key}", "--max-time", str(_STOCK_SECONDS), "--seed", "1"),
            *("--generation-database", "none", "--no-shrink", "--no-color"),
        ]
        ended = subprocess.run(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if ended.returncode not in (0, 1):
        raise RuntimeError(f"schemathesis ended with {ended.returncode}: {ended.stderr[-2000:]}")
    return ended.returncode == 1


def _page(rows: list[Row], machine: str) -> str:
    goals = [
        Goal("mutants found", sum(row.is_found for row in rows), "", len(rows), at_least=True),
        Goal("most requests of a run", max(row.requests for row in rows), "", _MOST_REQUESTS),
        Goal("longest run", max(row.seconds for row in rows), " s", _MOST_SECONDS),
    ]
    stock = sum(row.stock for row in rows)
    heads = ["mutant", "rules found broken, of its own", "requests", "seconds", "stock Schemathesis"]
    told = (
        f"{len(rows)} mocks with one promise of the page broken each, and what a conformance run finds, two "
        f"at a time. Beside it what stock Schemathesis finds with the kit's spec and a valid key, in "
        f"{_STOCK_SECONDS} s each: {stock} of {len(rows)}."
    )
    table = markdown(heads, [row.cells() for row in rows])
    return "\n\n".join(["# Mutants", told, machine, goal_table(goals), table]) + "\n"


if __name__ == "__main__":
    main()
