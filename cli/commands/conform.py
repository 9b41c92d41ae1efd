"""`workerkit conform`: a server against the page."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from pathlib import Path

import click

from workerkit.cli.click_types import DURATION, RATE
from workerkit.cli.console import console
from workerkit.cli.progress import Progress
from workerkit.cli.report_files import ReportFiles, report_options
from workerkit.contracts.conformance import RunFailedError, conform
from workerkit.contracts.report.report import Report, exit_code
from workerkit.contracts.report.shared_form import as_cases
from workerkit.contracts.report.silences_seen import as_dialect
from workerkit.contracts.report.text import intention, report_text
from workerkit.contracts.target.own_mock import own_mock
from workerkit.contracts.target.plan import BadPlanError, Plan, Writes, default_rate, default_writes
from workerkit.contracts.target.target import BadTargetError, Target
from workerkit.mockserver.atomic_file import made_folder, write_whole
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.spec.dialect import read_choices


@click.command("conform")
@click.argument("url", required=False)
@click.option("--api-key", metavar="KEY", help="Of the server under whose name the run works.")
@click.option("--other-api-key", metavar="KEY", help="Another server's: that foreign tasks are refused.")
@click.option("--inactive-api-key", metavar="KEY", help="An offline server's: that it is refused.")
@click.option(
    "--account-id",
    metavar="ID",
    help="An account of the server's tasks, whose status may be set: no answer of the API shows one.",
)
@click.option(
    "--writes",
    type=click.Choice([write.value for write in Writes]),
    help="none sends nothing that a correct server acts on; the default unless URL is on this machine.",
)
@click.option(
    "--sandbox-request",
    "sandbox_requests",
    multiple=True,
    metavar="NAME",
    help="With --writes sandbox: the tasks of this request may be changed, and it too. Repeatable.",
)
@click.option(
    "--sandbox-task",
    "sandbox_tasks",
    multiple=True,
    metavar="ID",
    help="With --writes sandbox: this task may be changed. Repeatable.",
)
@click.option(
    "--rate",
    type=RATE,
    metavar="N/s",
    help="At most so many requests a second, as in 5/s; 10/s unless URL is on this machine.",
)
@click.option(
    "--max-requests",
    type=click.IntRange(1),
    default=3000,
    show_default=True,
    metavar="N",
    help="At most so many requests.",
)
@click.option("--time-limit", type=DURATION, metavar="TIME", help="Ends the run, as in 60s.")
@click.option(
    "--seed", type=click.IntRange(0), default=1, show_default=True, help="Same seed, same requests."
)
@click.option(
    "--dialect", metavar="FILE", help="What is known of the target where the page is silent, as YAML."
)
@click.option(
    "--write-dialect", metavar="FILE", help="Write what was seen there, for workerkit serve --dialect."
)
@click.option("--strict", is_flag=True, help="Untested rules count as findings, too.")
@click.option(
    "--save-scenarios", "folder", metavar="DIR", help="Write each finding as a scenario and as a capsule."
)
@report_options
def command(
    url: str | None,
    api_key: str | None,
    other_api_key: str | None,
    inactive_api_key: str | None,
    account_id: str | None,
    writes: str | None,
    sandbox_requests: tuple[str, ...],
    sandbox_tasks: tuple[str, ...],
    rate: float | None,
    max_requests: int,
    time_limit: float | None,
    seed: int,
    dialect: str | None,
    write_dialect: str | None,
    strict: bool,
    folder: str | None,
    **names: str | None,
) -> None:
    """Tests the server at URL, which ends in /api/v1/worker; without URL, a fresh mock in this process.

    \b
    Example:
      workerkit conform https://staging.example/api/v1/worker --api-key "$KEY" --rate 5/s
    """
    files = ReportFiles(**names)
    folder = folder and made_folder(folder)
    out = console(stderr=files.take_standard_output)
    stated = read_choices(Path(dialect)) if dialect else {}
    try:
        keys = (api_key or "", other_api_key, inactive_api_key)
        with _target(url, keys, account_id, seed) as target, _ended_by_sigterm():
            plan = Plan(
                Writes(writes) if writes else default_writes(target),
                rate or default_rate(target),
                max_requests,
                time_limit,
                seed=seed,
                sandbox_requests=sandbox_requests,
                sandbox_tasks=sandbox_tasks,
            )
            out.print(intention(target, plan), markup=False)
            with Progress(out, max_requests) as progress:
                say, watcher = partial(out.print, markup=False), partial(_show, progress)
                report = conform(
                    target, plan, stated=stated, say=say, watcher=watcher, with_capsules=folder is not None
                )
    except (BadTargetError, BadPlanError) as error:
        raise click.UsageError(str(error)) from None
    except RunFailedError as error:
        report = error.report
    out.print(report_text(report), markup=False)
    if folder and report.saved:
        out.print(_save(report, folder), markup=False)
    files.write(as_cases(report), report.as_json())
    if write_dialect:
        write_whole(write_dialect, as_dialect(report.target, report.learnt).encode())
    sys.exit(exit_code(report, strict=strict))


def _show(progress: Progress, exchange: Exchange) -> None:
    progress.step(f"{exchange.operation or exchange.path} {exchange.status or 'no answer'}")


def _save(report: Report, folder: str) -> str:
    for each in report.saved:
        write_whole(str(Path(folder, f"{each.name}.yaml")), each.scenario.encode())
        write_whole(str(Path(folder, f"{each.name}.capsule.yaml")), each.capsule.encode(), secret=True)
    names = ", ".join(f"{each.name}.yaml" for each in report.saved)
    capsule = Path(folder, f"{report.saved[0].name}.capsule.yaml")
    return (
        f"Saved in {folder}: {names}, for workerkit serve --scenario.\n"
        f"Beside each is a capsule, to be sent again: workerkit replay {capsule} --target URL"
    )


@contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """SIGTERM is taken as Ctrl-C: a run that is ended puts its sandbox back first."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _target(
    url: str | None, keys: tuple[str, str | None, str | None], account_id: str | None, seed: int
) -> AbstractContextManager[Target]:
    if url is None:
        return own_mock(seed)
    return nullcontext(Target(url, *keys, account_id))
