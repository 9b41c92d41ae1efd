"""`workerkit mutate`: shows which server faults a test suite or a worker notices."""

from __future__ import annotations

import signal
import sys
from itertools import count

import click
from rich.console import Console

from workerkit.cli.console import console, shows_progress
from workerkit.cli.echo import echo
from workerkit.cli.options.option_types import DURATION
from workerkit.cli.options.trial_options import grace_option
from workerkit.cli.progress import Progress
from workerkit.cli.report_files import ReportFiles, report_options
from workerkit.cli.setup.completed_names import scenario_names_or_all
from workerkit.mockserver.mutants import MUTANTS
from workerkit.mockserver.mutants.mutant import EVERY_OPERATION
from workerkit.mockserver.mutation.mutation_plan import MutationPlan, runs_pytest
from workerkit.mockserver.mutation.mutation_report import mutation_json, mutation_report
from workerkit.mockserver.mutation.mutation_result import MutantResult
from workerkit.mockserver.mutation.mutation_run import run_mutation
from workerkit.mockserver.reports.report import Outcome
from workerkit.mockserver.reports.terminal import styled_summary, styled_tables
from workerkit.openapi.languages.phrase import phrase
from workerkit.scenarios.library import library

_QUIET = "quiet-day"


@click.command("mutate", context_settings={"ignore_unknown_options": False})
@click.option(
    "--operation",
    "operations",
    multiple=True,
    type=click.Choice(EVERY_OPERATION),
    metavar="ID",
    help="Only server faults of this operation, for example listTasks. Repeatable.",
)
@click.option(
    "--mutant",
    "mutants",
    multiple=True,
    type=click.Choice(list(MUTANTS)),
    metavar="ID",
    help="Only this server fault. Repeatable.",
)
@click.option(
    "--jobs",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    help="How many runs are done in parallel. COMMAND must be able to run several times at once.",
)
@click.option(
    "--suite", is_flag=True, help="COMMAND is a test suite. Not needed if COMMAND has the word pytest."
)
@click.option(
    "--scenario",
    metavar="NAME|FILE",
    shell_complete=scenario_names_or_all,
    help=f"COMMAND is a worker, and runs in this scenario. Without it, a worker runs in {_QUIET}.",
)
@click.option(
    "--time-limit", type=DURATION, default="60s", show_default=True, help="The longest time for each run."
)
@grace_option
@report_options
@click.argument("words", nargs=-1, required=True, metavar="-- COMMAND...")
def command(
    operations: tuple[str, ...],
    mutants: tuple[str, ...],
    jobs: int,
    suite: bool,
    scenario: str | None,
    time_limit: float,
    grace: float,
    words: tuple[str, ...],
    **files: str | None,
) -> None:
    """Shows which server faults the test suite or the worker COMMAND notices.

    First COMMAND runs undisturbed. Then it runs again and again, and each time the mock breaks one promise of
    the API page (a mutant). Only mutants of operations that COMMAND calls are tried. A test suite notices a
    mutant if it fails. A worker notices it if it exits with an error, sends a log of the level WARN or ERROR,
    fails a task, or prints a line that it does not print without the mutant.

    The fixture worker_api uses the mutant by itself. Other test suites and workers get the environment
    variables LIKEPION_BASE_URL, LIKEPION_API_KEY and LIKEPION_SERVER_NAME.

    \b
    Example:
      workerkit mutate -- pytest
      workerkit mutate --jobs 2 --operation listTasks --html report.html -- pytest tests/worker
      workerkit mutate --suite -- npm test
      workerkit mutate -- node worker.js
    """
    if suite and scenario is not None:
        raise click.UsageError("--suite is for test suites and --scenario for workers: leave out one of them")
    reports = ReportFiles(**files)
    is_suite = suite or (scenario is None and runs_pytest(words))
    plan = MutationPlan(
        words=words,
        scenario=None if is_suite else library.find(scenario or _QUIET),
        operations=operations,
        mutants=mutants,
        jobs=jobs,
        time_limit=time_limit,
        grace=grace,
    )
    if not plan.chosen:
        raise click.UsageError("no mutant of --mutant concerns an operation of --operation")
    terminal = console(stderr=reports.use_standard_output)
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    with Progress(terminal, len(plan.chosen)) as progress:
        results = _Results(terminal, progress)
        result = run_mutation(plan, on_start=results.start, on_result=results.show)
    report = mutation_report(result)
    for table in styled_tables(report):
        terminal.print(table)
    terminal.print("", styled_summary(report), sep="\n")
    reports.write(report, mutation_json(result))
    sys.exit(0 if report.outcome is Outcome.PASS else 1)


class _Results:
    """Shows what the command did with each mutant: on a terminal as progress, elsewhere as lines."""

    def __init__(self, out: Console, progress: Progress) -> None:
        self._progress, self._is_shown = progress, shows_progress(out)
        self._numbers, self._total = count(1), 0

    def start(self, total: int) -> None:
        """Notes how many mutants are tried."""
        self._total = total

    def show(self, result: MutantResult) -> None:
        """Shows the result of one mutant."""
        self._progress.step(result.mutant.name)
        if self._is_shown:
            return
        line = phrase(
            "{number} of {total}: {mutant}: {result}",
            number=next(self._numbers),
            total=self._total,
            mutant=result.mutant.name,
            result=result.text,
        )
        echo(line, err=True)
