"""`python -m benchmarks.soundness.independent`: conformance runs against servers outside the kit."""

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
    """A server with the rules that a run found broken, each with what is wrong."""

    name: str
    broken: dict[str, str]


class Run(Protocol):
    """A run against the server of this name."""

    def __call__(self, name: str, *, most: int | None) -> Row:
        """At most so many requests; None for a whole run."""


@click.command()
@click.option("--max-requests", default=None, type=int, help="Of each run; by default as many as it takes.")
@click.option("--json", "json_file", type=click.Path(path_type=Path), help="Write the table to this file.")
@click.argument("names", metavar="[NAME]...", nargs=-1, type=click.Choice([*VARIANTS, *FAULTS]))
def main(max_requests: int | None, json_file: Path | None, names: tuple[str, ...]) -> None:
    """Prints which rules find each planted fault; all variants and faults, or those of these NAMES.

    Exit 1 where a legal variant is blamed. A fault that is missed is shown, and is no failure.
    """
    sound = list(_rows(_variant, _named(VARIANTS, names), max_requests))
    faulty = list(_rows(_fault, _named(_seen(), names), max_requests))
    if json_file:
        table = {each.name: each.broken for each in (*sound, *faulty)}
        json_file.write_text(json.dumps(table, ensure_ascii=False, indent=1), "utf-8")
    blamed = [each.name for each in sound if each.broken]
    missed = [each.name for each in faulty if not each.broken]
    click.echo(f"\n{len(sound)} legal variants, blamed: {', '.join(blamed) or 'none'}")
    click.echo(f"{len(faulty)} planted faults, missed {len(missed)}: {', '.join(missed) or 'none'}")
    sys.exit(1 if blamed else 0)


def _seen() -> list[str]:
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
