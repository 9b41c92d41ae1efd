"""`workerkit replay`: a capsule again, against the mock or a server, or played to a worker."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import click

from workerkit.cli.console import console
from workerkit.cli.duration import DURATION
from workerkit.cli.report_files import ReportFiles, report_options
from workerkit.contracts.address import address_of
from workerkit.contracts.target import BadTarget
from workerkit.contracts.watcher import violations
from workerkit.mockserver.capsules.playing import perform
from workerkit.mockserver.capsules.replay import Replayed, replay, replay_against
from workerkit.mockserver.capsules.replay_report import as_json, report_of, told_of
from workerkit.mockserver.capsules.shrink import shrunk
from workerkit.mockserver.capsules.traffic import read_traffic
from workerkit.mockserver.whole_file import check_writable, write_whole
from workerkit.scenarios.capsule import Capsule
from workerkit.scenarios.capsule_file import capsule_text

Again = Callable[[Capsule], Replayed]


@click.command("replay")
@click.argument("file", metavar="FILE")
@click.option("--target", metavar="URL", help="A server instead of the mock; ends in /api/v1/worker.")
@click.option("--api-key", metavar="KEY", help="The key for --target: the capsule has no real one.")
@click.option("--shrink", is_flag=True, help="Leave out what the first difference does not need.")
@click.option("--out", metavar="FILE", help="Where the smaller capsule goes; FILE-small.yaml by default.")
@click.option("--in-order", is_flag=True, help="COMMAND has to ask in the recorded order, and nothing else.")
@click.option("--time-limit", type=DURATION, default="60s", show_default=True, help="For COMMAND.")
@report_options
@click.argument("words", nargs=-1, metavar="[-- COMMAND...]")
def command(
    file: str,
    target: str | None,
    api_key: str | None,
    shrink: bool,
    out: str | None,
    in_order: bool,
    time_limit: float,
    words: tuple[str, ...],
    **files: str | None,
) -> None:
    """Sends the requests of the capsule FILE again and compares the answers with those that were recorded.

    Against the mock, in the world of the capsule or one made from what was seen, or against --target. Says
    `reproduced` (exit code 0), or `not reproduced` (1) with the first difference. With COMMAND it plays the
    server's side to that worker, and compares what the worker asks. FILE may also be a HAR or a journal.

    \b
    Example:
      workerkit replay bug.yaml
      workerkit replay bug.yaml --shrink --out small.yaml
      workerkit replay bug.yaml -- node worker.js
    """
    if in_order and not words:
        raise click.UsageError("--in-order is for a COMMAND: write it behind --, as in -- node worker.js")
    if words and (target or shrink):
        raise click.UsageError("--target and --shrink are for the requests of a capsule, not for a COMMAND")
    capsule, small = read_traffic(Path(file)), out or f"{Path(file).with_suffix('')}-small.yaml"
    if shrink:
        check_writable(small)
    reports, began, again = ReportFiles(**files), time.time(), _again(file, target, api_key)
    if words:
        performance = perform(capsule, words, time_limit=time_limit, in_order=in_order)
        difference, notes = performance.difference, told_of(performance, in_order=in_order)
    else:
        replayed = again(capsule)
        difference, notes = replayed.difference, [*_told(capsule, replayed)]
    say = console(stderr=reports.take_standard_output).print
    say("reproduced" if difference is None else f"not reproduced: {difference}", markup=False)
    for note in notes:
        say(f"  {note}", markup=False)
    if shrink and difference is not None:
        say(_shrunk(capsule, again, small), markup=False)
    report = report_of(file, difference, notes, began=began, seconds=time.time() - began)
    reports.write(report, as_json(len(capsule.recorded), difference))
    sys.exit(0 if difference is None else 1)


def _again(file: str, target: str | None, key: str | None) -> Again:
    if target is None:
        return lambda capsule: replay(capsule, name=file)
    try:
        address = address_of(target)
    except BadTarget as error:
        raise click.UsageError(f"--target: {error}") from None
    return lambda capsule: replay_against(capsule, address, key=key)


def _shrunk(capsule: Capsule, again: Again, name: str) -> str:
    smaller = shrunk(capsule, lambda each: again(each).difference)
    write_whole(name, capsule_text(smaller).encode("utf-8", "surrogatepass"))
    return f"{name}: {len(smaller.recorded)} of {len(capsule.recorded)} exchanges show the same"


def _told(capsule: Capsule, replayed: Replayed) -> Iterator[str]:
    """What else there is to know of a replay."""
    yield f"{replayed.played} of {len(capsule.recorded)} exchanges were sent again"
    if replayed.dialect is not None and replayed.dialect.choices:
        told = ", ".join(f"{name}: {value}" for name, value in sorted(replayed.dialect.choices))
        yield f"the server's way where the page is silent: {told}"
    if replayed.difference is not None:
        exchange = capsule.recorded[replayed.difference.number - 1].exchange
        yield from (f"what was recorded is against the page: {each}" for each in violations(exchange))
