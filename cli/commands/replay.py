"""`workerkit replay`: a capsule again, against the mock or a server, or played to a worker."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import click
from rich.console import Console

from workerkit.cli.click_types import DURATION
from workerkit.cli.console import console
from workerkit.cli.progress import Countdown
from workerkit.cli.report_files import ReportFiles, report_options
from workerkit.contracts.gate.pace import Pace
from workerkit.contracts.resend.address import NO_KEY, address_of
from workerkit.contracts.resend.policy import NotPermittedError, keys_for, permitted
from workerkit.contracts.resend.replay_notes import capsule_notes, replay_summary
from workerkit.contracts.target.plan import Writes, default_rate, default_writes
from workerkit.contracts.target.run_clock import RunClock
from workerkit.contracts.target.target import BadTargetError, Target
from workerkit.mockserver.atomic_file import check_writable, write_whole
from workerkit.mockserver.capsules.file.any_recording import read_traffic
from workerkit.mockserver.capsules.file.capsule import Capsule
from workerkit.mockserver.capsules.file.writer import capsule_text
from workerkit.mockserver.capsules.replay.matching import Difference
from workerkit.mockserver.capsules.replay.replay import Replayed, replay, replay_against, replay_in
from workerkit.mockserver.capsules.replay.replay_report import (
    as_json,
    in_words,
    report_of,
    summary_of_worker_replay,
)
from workerkit.mockserver.capsules.replay.shrink import shrunk
from workerkit.mockserver.capsules.replay.worker_replay import perform
from workerkit.mockserver.reports.terminal import summary_of

Again = Callable[[Capsule], Replayed]


@click.command("replay")
@click.argument("file", metavar="FILE")
@click.option("--target", metavar="URL", help="A server instead of the mock; ends in /api/v1/worker.")
@click.option("--api-key", metavar="KEY", help="The key for --target: the capsule has no real one.")
@click.option("--other-api-key", metavar="KEY", help="The same for a second server's requests.")
@click.option(
    "--writes",
    type=click.Choice([write.value for write in Writes]),
    help="With --target: all sends everything; any other lists alone, the default unless URL is local.",
)
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
    other_api_key: str | None,
    writes: str | None,
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
    reports, began = ReportFiles(**files), time.time()
    keys = tuple(each for each in (api_key, other_api_key) if each)
    capsule, again = _again(capsule, file, target, keys, writes)
    people = console(stderr=reports.take_standard_output)
    replayed = None if words else again(capsule)
    if replayed is None:
        performance = perform(capsule, words, time_limit=time_limit, in_order=in_order)
        told = summary_of_worker_replay(performance, noted=capsule_notes(capsule), in_order=in_order)
    else:
        told = replay_summary(capsule, replayed, target, small=small if shrink else None)
    report = report_of(file, told, began=began, seconds=time.time() - began)
    people.print(summary_of(report))
    people.print(in_words(told), markup=False)
    if shrink and replayed is not None and replayed.difference is not None:
        people.print(_shrunk(capsule, again, small, replayed, target, people), markup=False)
    reports.write(report, as_json(len(capsule.recorded), told))
    sys.exit(0 if told.difference is None else 1)


def _again(
    capsule: Capsule, file: str, url: str | None, given: tuple[str, ...], writes: str | None
) -> tuple[Capsule, Again]:
    """What is to be sent, and the way to send it and parts of it."""
    if url is None:
        return capsule, lambda each: replay(each, name=file)
    try:
        address, keys = address_of(url), keys_for(capsule, given)
        target = Target(url, *(given or (NO_KEY,)))
        capsule = permitted(capsule, Writes(writes) if writes else default_writes(target))
    except BadTargetError as error:
        raise click.UsageError(f"--target: {error}") from None
    except NotPermittedError as error:
        raise click.UsageError(f"{file}: {error}") from None
    pace = Pace(default_rate(target), RunClock())
    return capsule, lambda each: replay_against(each, address, keys=keys, pace=pace.keep)


def _shrunk(
    capsule: Capsule, again: Again, name: str, replayed: Replayed, target: str | None, people: Console
) -> str:
    told = f", tried again and again while {target} went on: make sure of it at a fresh one" if target else ""
    dialect, sought = replayed.dialect, replayed.difference
    with Countdown(people, len(capsule.recorded), "exchanges") as countdown:

        def watched(play: Again) -> Callable[[Capsule], Difference | None]:
            def differs(each: Capsule) -> Difference | None:
                found = play(each).difference
                if found is not None and found.is_like(sought):
                    countdown.enough(found.number)
                return found

            return differs

        quick = None if dialect is None else watched(lambda each: replay_in(each, dialect))
        smaller = shrunk(capsule, watched(again), quick=quick)
    write_whole(name, capsule_text(smaller).encode("utf-8", "surrogatepass"), secret=True)
    kept = f"{len(smaller.recorded)} of {len(capsule.recorded)} exchanges show a difference at this place"
    return f"{name}: {kept}{told}. See it with: workerkit replay {name}"
