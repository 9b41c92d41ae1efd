"""`workerkit conform`: checks whether a server does what the API page says."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from pathlib import Path

import click

from workerkit.cli.console import console
from workerkit.cli.option_types import DURATION, RATE
from workerkit.cli.progress import Progress
from workerkit.cli.report_files import ReportFiles, report_options
from workerkit.contracts.conformance import RunFailedError, conform
from workerkit.contracts.report.command_report import command_report
from workerkit.contracts.report.report import Report, exit_code
from workerkit.contracts.report.silence_report import dialect_text
from workerkit.contracts.report.text import plan_text, report_text
from workerkit.contracts.target.own_mock import own_mock
from workerkit.contracts.target.plan import BadPlanError, Plan, Writes, default_writes
from workerkit.contracts.target.target import BadTargetError, Target
from workerkit.mockserver.atomic_file import make_folder, write_atomically
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.spec.dialect import read_choices


@click.command("conform")
@click.argument("url", required=False)
@click.option(
    "--api-key",
    metavar="KEY",
    help="The API key of a worker's server. The run sends its requests with this key.",
)
@click.option(
    "--other-api-key",
    metavar="KEY",
    help="The API key of a second server. The run checks that the first key cannot change this server's "
    "tasks.",
)
@click.option(
    "--inactive-api-key",
    metavar="KEY",
    help="The API key of an offline server, to check that this key is refused.",
)
@click.option(
    "--account-id",
    metavar="ID",
    help="The id of an account of the server's tasks. The run may set the status of this account. "
    "Give it here, because the API's answers do not contain account ids.",
)
@click.option(
    "--writes",
    type=click.Choice([write.value for write in Writes]),
    help="What the run may change: all, only the sandbox, or none. none is the default for a remote URL.",
)
@click.option(
    "--sandbox-request",
    "sandbox_requests",
    multiple=True,
    metavar="NAME",
    help="With --writes sandbox: the run may change this customer's request and its tasks. Repeatable.",
)
@click.option(
    "--sandbox-task",
    "sandbox_tasks",
    multiple=True,
    metavar="ID",
    help="With --writes sandbox: the run may change this task. Repeatable.",
)
@click.option(
    "--rate",
    type=RATE,
    metavar="N/s",
    help="The highest rate of requests, for example 5/s. For a remote URL the default is 10/s.",
)
@click.option(
    "--max-requests",
    type=click.IntRange(1),
    default=3000,
    show_default=True,
    metavar="N",
    help="The highest number of requests.",
)
@click.option(
    "--time-limit", type=DURATION, metavar="TIME", help="The longest time of the run, for example 60s."
)
@click.option(
    "--seed",
    type=click.IntRange(0),
    default=1,
    show_default=True,
    help="The same seed gives the same requests.",
)
@click.option(
    "--dialect",
    metavar="FILE",
    help="A YAML file with the known behaviour of the server in matters that the API page leaves open.",
)
@click.option(
    "--write-dialect",
    metavar="FILE",
    help="Write a dialect file with the behaviour that the run found, for workerkit serve --dialect FILE.",
)
@click.option("--strict", is_flag=True, help="Count untested rules as findings.")
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
    """Tests the server at URL, the base URL of the API. Without URL, tests a new mock.

    \b
    Example:
      workerkit conform https://staging.example/api/v1/worker --api-key "$KEY" --rate 5/s
    """
    files = ReportFiles(**names)
    folder = folder and make_folder(folder)
    out = console(stderr=files.use_standard_output)
    stated = read_choices(Path(dialect)) if dialect else {}
    try:
        keys = (api_key or "", other_api_key, inactive_api_key)
        with _target(url, keys, account_id, seed) as target, _sigterm_as_ctrl_c():
            plan = Plan(
                Writes(writes) if writes else default_writes(target),
                rate,
                max_requests,
                time_limit,
                seed=seed,
                sandbox_requests=sandbox_requests,
                sandbox_tasks=sandbox_tasks,
            )
            out.print(plan_text(target, plan), markup=False)
            with Progress(out, max_requests) as progress:
                say, watcher = partial(out.print, markup=False), partial(_show_exchange, progress)
                report = conform(
                    target, plan, stated=stated, say=say, watcher=watcher, with_capsules=folder is not None
                )
    except (BadTargetError, BadPlanError) as error:
        raise click.UsageError(str(error)) from None
    except RunFailedError as error:
        report = error.report
    out.print(report_text(report), markup=False)
    if folder and report.saved_findings:
        out.print(_save_findings(report, folder), markup=False)
    files.write(command_report(report), report.as_json())
    if write_dialect:
        write_atomically(write_dialect, dialect_text(report.target, report.silence_reports).encode())
    sys.exit(exit_code(report, strict=strict))


def _show_exchange(progress: Progress, exchange: Exchange) -> None:
    progress.step(f"{exchange.operation or exchange.path} {exchange.status or 'no answer'}")


def _save_findings(report: Report, folder: str) -> str:
    for finding in report.saved_findings:
        write_atomically(str(Path(folder, f"{finding.name}.yaml")), finding.scenario.encode())
        write_atomically(
            str(Path(folder, f"{finding.name}.capsule.yaml")), finding.capsule.encode(), secret=True
        )
    names = ", ".join(f"{finding.name}.yaml" for finding in report.saved_findings)
    capsule = Path(folder, f"{report.saved_findings[0].name}.capsule.yaml")
    return (
        f"Saved in {folder}: {names}. Run one on the mock: workerkit serve --scenario FILE\n"
        f"Each has a capsule beside it. Send its requests again: workerkit replay {capsule} --target URL"
    )


@contextmanager
def _sigterm_as_ctrl_c() -> Iterator[None]:
    """Handles SIGTERM like Ctrl-C, so that a stopped run still restores its sandbox."""
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
