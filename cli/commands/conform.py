"""`workerkit conform`: checks whether a server does what the API page says."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from workerkit.cli.conform_run import ConformOptions, ConformRun
from workerkit.cli.console import console
from workerkit.cli.options.option_types import DURATION, RATE
from workerkit.cli.progress import Progress
from workerkit.cli.report_files import ReportFiles, report_options
from workerkit.contracts.report.command_report import command_report
from workerkit.contracts.report.report import Report, exit_code
from workerkit.contracts.report.silence_report import dialect_text
from workerkit.contracts.report.text import plan_text, report_text
from workerkit.contracts.saved.questions import questions_text
from workerkit.contracts.target.plan import BadPlanError, Writes
from workerkit.contracts.target.target import BadTargetError
from workerkit.mockserver.atomic_file import check_writable, make_folder, write_atomically
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.languages.phrase import joined, phrase


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
@click.option(
    "--baseline",
    metavar="FILE",
    help="An earlier report of conform --json. Then a broken rule is a finding only if it was not broken "
    "there.",
)
@click.option(
    "--questions",
    metavar="FILE",
    help="Write questions to the author of the API page: what the page leaves open, and what this server "
    "does.",
)
@report_options
def command(
    write_dialect: str | None,
    questions: str | None,
    strict: bool,
    folder: str | None,
    json_file: str | None,
    junit_file: str | None,
    html_file: str | None,
    **options: Any,
) -> None:
    """Tests the server at URL, the base URL of the API. Without URL, tests a new mock.

    \b
    Example:
      workerkit conform https://staging.example/api/v1/worker --rate 5/s
    """
    files = ReportFiles(json_file, junit_file, html_file)
    folder = folder and make_folder(folder)
    if questions:
        check_writable(questions)
    out = console(stderr=files.use_standard_output)
    report = _tested(ConformRun(ConformOptions.of(options)), out, with_capsules=folder is not None)
    out.print(report_text(report))
    if folder and report.saved_findings:
        out.print(_save_findings(report, folder))
    files.write(command_report(report), report.as_json())
    if write_dialect:
        write_atomically(write_dialect, dialect_text(report.target, report.silence_reports).encode())
    if questions:
        write_atomically(questions, questions_text(report).encode())
    sys.exit(exit_code(report, strict=strict))


def _tested(run: ConformRun, out: Console, *, with_capsules: bool) -> Report:
    """Runs the tests, and shows the plan and the progress."""
    try:
        with run.options.target() as target:
            plan = run.options.plan(target)
            out.print(plan_text(target, plan))
            with Progress(out, run.options.max_requests) as progress:
                say, watcher = partial(out.print), partial(_show_exchange, progress)
                return run.run(target, plan, say=say, watcher=watcher, with_capsules=with_capsules)
    except (BadTargetError, BadPlanError) as error:
        raise click.UsageError(str(error)) from None


def _show_exchange(progress: Progress, exchange: Exchange) -> None:
    status = phrase("no answer") if exchange.status is None else str(exchange.status)
    progress.step(joined(" ", (exchange.operation or exchange.path, status)))


def _save_findings(report: Report, folder: str) -> str:
    for finding in report.saved_findings:
        write_atomically(str(Path(folder, f"{finding.name}.yaml")), finding.scenario.encode())
        write_atomically(
            str(Path(folder, f"{finding.name}.capsule.yaml")), finding.capsule.encode(), secret=True
        )
    names = ", ".join(f"{finding.name}.yaml" for finding in report.saved_findings)
    capsule = Path(folder, f"{report.saved_findings[0].name}.capsule.yaml")
    saved = phrase(
        "Saved in {folder}: {names}. Run one on the mock: workerkit serve --scenario FILE",
        folder=folder,
        names=names,
    )
    replay = phrase(
        "Each has a capsule beside it. Send its requests again: workerkit replay {capsule} --target URL",
        capsule=capsule,
    )
    return joined("\n", (saved, replay))
