"""`workerkit replay`: a capsule again, against the mock or a server."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import click

from workerkit.cli.console import console
from workerkit.cli.duration import DURATION
from workerkit.contracts.address import address_of
from workerkit.contracts.target import BadTarget
from workerkit.contracts.watcher import violations
from workerkit.mockserver.capsules.playing import Performance, perform
from workerkit.mockserver.capsules.replay import Replayed, replay, replay_against
from workerkit.mockserver.capsules.shrink import shrunk
from workerkit.mockserver.capsules.traffic import read_traffic
from workerkit.mockserver.whole_file import check_writable, write_whole
from workerkit.scenarios.capsule import Capsule
from workerkit.scenarios.capsule_file import capsule_text

Replay = Callable[[Capsule], Replayed]


@click.command("replay")
@click.argument("file", metavar="FILE")
@click.option("--target", metavar="URL", help="A server instead of the mock; ends in /api/v1/worker.")
@click.option("--api-key", metavar="KEY", help="The key for --target: the capsule has no real one.")
@click.option("--shrink", is_flag=True, help="Leave out what the first difference does not need.")
@click.option("--out", metavar="FILE", help="Where the smaller capsule goes; FILE-small.yaml by default.")
@click.option("--time-limit", type=DURATION, default="60s", show_default=True, help="For COMMAND.")
@click.argument("words", nargs=-1, metavar="[-- COMMAND...]")
def command(
    file: str,
    target: str | None,
    api_key: str | None,
    shrink: bool,
    out: str | None,
    time_limit: float,
    words: tuple[str, ...],
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
    if words and (target or shrink):
        raise click.UsageError("--target and --shrink are for the requests of a capsule, not for a COMMAND")
    capsule, small = read_traffic(Path(file)), out or f"{Path(file).with_suffix('')}-small.yaml"
    if shrink:
        check_writable(small)
    if words:
        _say_of_worker(performance := perform(capsule, words, time_limit=time_limit))
        sys.exit(0 if performance.difference is None else 1)
    again = _replay(file, target, api_key)
    replayed = again(capsule)
    _say(capsule, replayed)
    if shrink and replayed.difference is not None:
        smaller = shrunk(capsule, lambda each: again(each).difference)
        write_whole(small, capsule_text(smaller).encode("utf-8", "surrogatepass"))
        click.echo(f"{small}: {len(smaller.recorded)} of {len(capsule.recorded)} exchanges show the same")
    sys.exit(0 if replayed.difference is None else 1)


def _replay(file: str, target: str | None, key: str | None) -> Replay:
    if target is None:
        return lambda capsule: replay(capsule, name=file)
    try:
        address = address_of(target)
    except BadTarget as error:
        raise click.UsageError(f"--target: {error}") from None
    return lambda capsule: replay_against(capsule, address, key=key)


def _say_of_worker(performance: Performance) -> None:
    if performance.difference is None:
        console().print(f"reproduced: the worker asked the same {performance.answered} times", markup=False)
        return
    console().print(f"not reproduced: {performance.difference}", markup=False)
    if performance.output:
        console().print(f"The worker printed:\n{performance.output}", markup=False)


def _say(capsule: Capsule, replayed: Replayed) -> None:
    out, difference = console(), replayed.difference
    if replayed.dialect is not None and replayed.dialect.choices:
        told = ", ".join(f"{name}: {value}" for name, value in sorted(replayed.dialect.choices))
        out.print(f"where the page is silent, the server's way: {told}", markup=False)
    if difference is None:
        out.print(f"reproduced: {replayed.played} exchanges came out as recorded", markup=False)
        return
    out.print(f"not reproduced: {difference}", markup=False)
    exchange = capsule.recorded[difference.number - 1].exchange
    for each in violations(replace(exchange, why=exchange.why or "none came")):
        out.print(f"  recorded against the page: {each}", markup=False)
