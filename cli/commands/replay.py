"""`workerkit replay`: replays a capsule against the mock, a server or a worker."""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from pathlib import Path

import click
from rich.console import Console

from workerkit.cli.console import console
from workerkit.cli.echo import echo
from workerkit.cli.options.option_types import DURATION
from workerkit.cli.progress import Countdown
from workerkit.cli.report_files import ReportFiles, report_options
from workerkit.contracts.resend.issue_text import fits_into_issue, issue_text
from workerkit.contracts.resend.policy import NotPermittedError
from workerkit.contracts.resend.replay_notes import capsule_notes, replay_summary
from workerkit.contracts.resend.replayer import Replayer, mock_replayer, server_replayer
from workerkit.contracts.target.plan import Writes
from workerkit.contracts.target.target import BadTargetError
from workerkit.mockserver.atomic_file import check_writable, write_atomically
from workerkit.mockserver.capsules.file.capsule import Capsule
from workerkit.mockserver.capsules.file.writer import capsule_text
from workerkit.mockserver.capsules.other_tools.any_recording import read_recording
from workerkit.mockserver.capsules.replay.reconstructed_replay import ReplayResult
from workerkit.mockserver.capsules.replay.replay_report import (
    ReplaySummary,
    command_report,
    notes_as_text,
    summary_as_json,
    summary_of_worker_replay,
)
from workerkit.mockserver.capsules.replay.worker_replay import replay_to_worker
from workerkit.mockserver.reports.terminal import styled_summary
from workerkit.openapi.languages.phrase import joined, phrase


@click.command("replay")
@click.argument("file", metavar="FILE")
@click.option(
    "--target", metavar="URL", help="Send the requests to the server at this base URL, not to the mock."
)
@click.option("--api-key", metavar="KEY", help="The API key for --target. The capsule has no real keys.")
@click.option(
    "--other-api-key",
    metavar="KEY",
    help="The API key for the requests that were recorded with a second API key.",
)
@click.option(
    "--writes",
    type=click.Choice([write.value for write in Writes]),
    help="With --target: what the requests may change. With all, every request is sent. With sandbox or "
    "none, nothing is sent if a request might change data. For a remote URL, the default is none.",
)
@click.option(
    "--complete",
    is_flag=True,
    help="No request to the server is missing in FILE. Then exchanges are compared with each other, also in "
    "a recording of another tool.",
)
@click.option("--shrink", is_flag=True, help="Write a smaller capsule with the same first difference.")
@click.option("--out", metavar="FILE", help="The file for the smaller capsule; FILE-small.yaml by default.")
@click.option(
    "--issue", is_flag=True, help="Print a text for an issue tracker, in Markdown, with the capsule in it."
)
@click.option(
    "--in-order", is_flag=True, help="COMMAND must send exactly the recorded requests, in their order."
)
@click.option(
    "--time-limit", type=DURATION, default="60s", show_default=True, help="The longest time for COMMAND."
)
@report_options
@click.argument("words", nargs=-1, metavar="[-- COMMAND...]")
def command(
    file: str,
    target: str | None,
    api_key: str | None,
    other_api_key: str | None,
    writes: str | None,
    complete: bool,
    shrink: bool,
    out: str | None,
    issue: bool,
    in_order: bool,
    time_limit: float,
    words: tuple[str, ...],
    **files: str | None,
) -> None:
    """Replays the capsule FILE, a recording of another tool, or a text with a capsule in a fence.

    Without COMMAND, the recorded requests are sent again, to the mock or to --target. The new answers are
    compared with the recorded ones. The mock uses the world of the capsule. If the capsule has no world, the
    mock makes one from the recorded answers.

    With COMMAND, the worker COMMAND runs and gets the recorded answers. Its requests are compared with the
    recorded ones.

    Prints `reproduced` (exit code 0), or `not reproduced` with the first difference (exit code 1).

    \b
    Example:
      workerkit replay bug.yaml
      workerkit replay bug.yaml --shrink --out small.yaml
      workerkit replay bug.yaml --issue > issue.md
      workerkit replay bug.yaml -- node worker.js
    """
    if in_order and not words:
        raise click.UsageError("--in-order needs a COMMAND: write it after --, for example -- node worker.js")
    if words and (target or shrink or issue):
        raise click.UsageError("--target, --shrink and --issue cannot be used with a COMMAND")
    capsule, small_file = read_recording(Path(file)), out or f"{Path(file).with_suffix('')}-small.yaml"
    if complete:
        capsule = replace(capsule, is_complete=True)
    if shrink:
        check_writable(small_file)
    reports, began = ReportFiles(**files), time.time()
    keys = tuple(key for key in (api_key, other_api_key) if key)
    replayer = _replayer(capsule, file, target, keys, writes)
    capsule = replayer.capsule
    people = console(stderr=reports.use_standard_output or issue)
    result = None if words else replayer.replay(capsule)
    if result is None:
        summary = _replay_to_worker(capsule, words, time_limit=time_limit, in_order=in_order)
    else:
        summary = replay_summary(capsule, result, target, small=small_file if shrink else None)
    report = command_report(file, summary, began=began, seconds=time.time() - began)
    people.print(styled_summary(report))
    people.print(notes_as_text(summary))
    if shrink and result is not None:
        people.print(_shrink(replayer, small_file, result, target, people))
    if issue and result is not None:
        echo(_issue(replayer, result, target, file))
    reports.write(report, summary_as_json(len(capsule.recorded), summary))
    sys.exit(0 if summary.difference is None else 1)


def _replayer(
    capsule: Capsule, file: str, url: str | None, keys: tuple[str, ...], writes: str | None
) -> Replayer:
    if url is None:
        return mock_replayer(capsule, name=file)
    try:
        return server_replayer(capsule, url, keys, Writes(writes) if writes else None)
    except BadTargetError as error:
        raise click.UsageError(f"--target: {error}") from None
    except NotPermittedError as error:
        raise click.UsageError(f"{file}: {error}") from None


def _replay_to_worker(
    capsule: Capsule, words: tuple[str, ...], *, time_limit: float, in_order: bool
) -> ReplaySummary:
    result = replay_to_worker(capsule, words, time_limit=time_limit, in_order=in_order)
    return summary_of_worker_replay(result, notes=capsule_notes(capsule), in_order=in_order)


def _issue(replayer: Replayer, result: ReplayResult, target: str | None, file: str) -> str:
    """The text for an issue tracker. A capsule that is too long for it is made smaller."""
    capsule = replayer.capsule
    if target is None and result.difference is not None and not fits_into_issue(capsule):
        capsule = replayer.smaller_capsule(result, lambda count: None)
        result = mock_replayer(capsule, name=file).replay(capsule)
    return issue_text(capsule, replay_summary(capsule, result, target, small=file), target)


def _shrink(
    replayer: Replayer, small_file: str, result: ReplayResult, target: str | None, people: Console
) -> str:
    """Writes the smaller capsule, if there is a difference. Returns a line about it."""
    if result.difference is None:
        return phrase("{file} is not written: there is no difference to keep.", file=small_file)
    count = len(replayer.capsule.recorded)
    with Countdown(people, count) as countdown:
        small = replayer.smaller_capsule(result, countdown.lower_to)
    write_atomically(small_file, capsule_text(small).encode("utf-8", "surrogatepass"), secret=True)
    sentences = [
        phrase(
            "{file}: {kept} of {count} exchanges are enough to show the same first difference.",
            file=small_file,
            kept=len(small.recorded),
            count=count,
        ),
        phrase("Replay it: workerkit replay {file}", file=small_file),
    ]
    if target:
        repeats = phrase(
            "The requests were sent to {target} many times, so check the result on a fresh server.",
            target=target,
        )
        sentences.insert(1, repeats)
    return joined(" ", sentences)
