"""`python -m benchmarks.soundness.independent`: tests the servers of tests/independent."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Protocol

import click

from tests.independent.faults import FAULTS
from tests.independent.trial import findings, trial
from tests.independent.variants import VARIANTS

_PROCESSES = 2


@dataclass(frozen=True)
class Row:
    """The result of one run. `broken` has the message of each broken rule."""

    name: str
    broken: dict[str, str]


class Run(Protocol):
    """A function that runs the conformance tests against one server."""

    def __call__(self, name: str, *, most: int | None) -> Row:
        """Returns the result.

        name: the variant or the fault.
        most: the highest number of requests. None for no limit.
        """


@click.command()
@click.option("--max-requests", default=None, type=int, help="Limit of each run. Default: no limit.")
@click.option("--json", "json_file", type=click.Path(path_type=Path), help="Write the table to this file.")
@click.argument("names", metavar="[NAME]...", nargs=-1, type=click.Choice([*VARIANTS, *FAULTS]))
def main(max_requests: int | None, json_file: Path | None, names: tuple[str, ...]) -> None:
    """Prints the rules that find each fault. With NAMES only these variants and faults.

    The exit code is 1 if a correct variant has a finding. Missed faults are only printed.
    """
    correct = list(_rows(_variant, _named(VARIANTS, names), max_requests))
    faulty = list(_rows(_fault, _named(_visible_faults(), names), max_requests))
    if json_file:
        table = {row.name: row.broken for row in (*correct, *faulty)}
        json_file.write_text(json.dumps(table, ensure_ascii=False, indent=1), "utf-8")
    false_alarms = [row.name for row in correct if row.broken]
    missed = [row.name for row in faulty if not row.broken]
    click.echo(f"\n{len(correct)} correct variants, with findings: {', '.join(false_alarms) or 'none'}")
    click.echo(f"{len(faulty)} faults, missed {len(missed)}: {', '.join(missed) or 'none'}")
    sys.exit(1 if false_alarms else 0)


def _visible_faults() -> list[str]:
    return [fault.name for fault in FAULTS.values() if not fault.unseen]


def _named(all_names: Iterable[str], names: tuple[str, ...]) -> list[str]:
    return [name for name in all_names if not names or name in names]


def _rows(run: Run, names: list[str], most: int | None) -> Iterator[Row]:
    with ProcessPoolExecutor(_PROCESSES, get_context("spawn")) as pool:
        for row in pool.map(partial(run, most=most), names):
            click.echo(f"{row.name:38} {', '.join(row.broken) or '-'}")
            yield row


def _variant(name: str, *, most: int | None) -> Row:
    return Row(name, findings(trial(VARIANTS[name], most=most)))


def _fault(name: str, *, most: int | None) -> Row:
    return Row(name, findings(trial(fault=FAULTS[name], most=most)))


if __name__ == "__main__":
    main()
