"""`python -m benchmarks.soundness.mutants`: finds out which rules find each mutant. Writes mutants.md."""

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
from tests.broken.serving import serving
from tests.broken.trial import broken_rules, trial
from workerkit.contracts.conformance import RunFailedError
from workerkit.contracts.gate.gate import EndCause
from workerkit.contracts.target.target import Target
from workerkit.mockserver.mutants import MUTANTS

_PAGE = Path(__file__).with_name("mutants.md")
_PROCESSES = 2
_MOST_REQUESTS, _MOST_SECONDS = 3000, 30.0
_STOCK_SECONDS = 20


@dataclass(frozen=True)
class Row:
    """The result of one mutant.

    name: the id of the mutant.
    own: the rules that the run found broken, as expected for this mutant.
    others: the other rules that the run found broken.
    requests: how many requests the run sent.
    seconds: how long the run took.
    stock: whether Schemathesis finds the mutant without the rules of the kit.
    """

    name: str
    own: list[str]
    others: list[str]
    requests: int
    seconds: float
    stock: bool

    @property
    def is_found(self) -> bool:
        """Whether the run found that the mutant breaks one of the expected rules."""
        return bool(self.own)

    def cells(self) -> list[str]:
        """Returns the cells of its row in the table."""
        rules = ", ".join(self.own) or f"**missed** ({', '.join(self.others) or 'nothing found'})"
        return [self.name, rules, str(self.requests), f"{self.seconds:.1f}", "found" if self.stock else "-"]


@click.command()
@click.option("--max-requests", default=None, type=int, help="Limit of each run. Default: no limit.")
@click.argument("names", metavar="[NAME]...", nargs=-1, type=click.Choice(list(MUTANTS)))
def main(max_requests: int | None, names: tuple[str, ...]) -> None:
    """Tests all mutants and writes benchmarks/soundness/mutants.md. With NAMES it only prints these rows.

    The exit code is 1 if a mutant is missed.
    """
    machine = Machine()
    rows = list(_rows(names or tuple(MUTANTS), max_requests))
    if not names:
        _PAGE.write_text(_page(rows, machine.description()), "utf-8")
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
    rules = broken_rules(report) if report.end_cause is not EndCause.KIT else []
    with serving(name) as target:
        stock = stock_finds(target)
    own = [rule for rule in rules if rule in MUTANTS[name].rules]
    others = [rule for rule in rules if rule not in own]
    return Row(name, own, others, report.requests, report.seconds, stock)


def stock_finds(target: Target) -> bool:
    """Whether Schemathesis fails with its own checks, the spec of the kit and a valid key.

    It passes on the correct mock.
    """
    with ExitStack() as stack:
        spec = stack.enter_context(as_file(files("workerkit.openapi") / "worker-api.yaml"))
        command = [
            *(sys.executable, "-m", "schemathesis.cli", "run", str(spec), "--url", target.base_url),
            *("-H", f"X-API-Key: {target.api_key}", "--max-time", str(_STOCK_SECONDS), "--seed", "1"),
            *("--generation-database", "none", "--no-shrink", "--no-color"),
        ]
        ended = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
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
    head = ["mutant", "expected rules that were found", "requests", "seconds", "Schemathesis alone"]
    text = (
        f"A mutant is the mock with one bug. Each of the {len(rows)} mutants breaks one promise of the API "
        f"page. The table has the broken rules that a conformance run found. Two runs ran at the same time. "
        f"For comparison: Schemathesis alone found {stock} of {len(rows)}, with the spec of the kit, a valid "
        f"key and {_STOCK_SECONDS} s for each mutant."
    )
    table = markdown(head, [row.cells() for row in rows])
    return "\n\n".join(["# Mutants", text, machine, goal_table(goals), table]) + "\n"


if __name__ == "__main__":
    main()
