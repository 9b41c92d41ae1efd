"""`workerkit exec`: runs a worker's command through scenarios and reports the verdicts."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext, suppress
from functools import partial
from pathlib import Path

import click
from rich.console import Console

from workerkit.cli.console import console
from workerkit.cli.options.option_types import DURATION
from workerkit.cli.options.trial_options import grace_option
from workerkit.cli.progress import Progress
from workerkit.cli.report_files import ReportFiles, report_options
from workerkit.cli.setup.completed_names import scenario_names_or_all
from workerkit.mockserver.capsules.capture.folder import CapsuleFolder
from workerkit.mockserver.mutation.mutated_process import mutate_process
from workerkit.mockserver.reports.report import Outcome
from workerkit.mockserver.reports.terminal import (
    styled_case_line,
    styled_causes,
    styled_summary,
    styled_tables,
)
from workerkit.mockserver.reports.text import folded_note_text
from workerkit.mockserver.server.address import MockAddress
from workerkit.mockserver.server.tls import temporary_certificate
from workerkit.mockserver.trials.coverage_report import trial_coverage
from workerkit.mockserver.trials.kept_mocks import KeptMocks
from workerkit.mockserver.trials.trial import Trial, try_worker
from workerkit.mockserver.trials.trial_report import as_json, case_of, report_of
from workerkit.mockserver.workers.worker_run import RunStoppedError
from workerkit.openapi.languages.phrase import phrase
from workerkit.scenarios.library import library
from workerkit.scenarios.model.scenario import Scenario


@click.command("exec", context_settings={"ignore_unknown_options": False})
@click.option(
    "--scenario",
    multiple=True,
    default=["all"],
    metavar="NAME|FILE|DIR|all",
    show_default=True,
    shell_complete=scenario_names_or_all,
    help="A scenario of the library, a file of your own, or a folder of files. Repeatable.",
)
@click.option(
    "--time-limit",
    type=DURATION,
    default="30s",
    show_default=True,
    help="The longest time for each scenario.",
)
@click.option(
    "--jobs",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    help="How many scenarios run in parallel.",
)
@click.option(
    "--heartbeat",
    type=DURATION,
    metavar="TIME",
    help="How often your worker sends heartbeats, for example 30s. Needed to judge them.",
)
@grace_option
@click.option("--fail-fast", is_flag=True, help="End the run at the first scenario that failed.")
@click.option(
    "--save-capsules", metavar="DIR", help="Write a capsule (for workerkit replay) of each failed scenario."
)
@click.option(
    "--coverage",
    is_flag=True,
    help="Also report which troubles the worker met, and what was not tested.",
)
@click.option(
    "--ui",
    is_flag=True,
    help="Print the address of a page that shows the trial while it runs. On a terminal the pages stay until "
    "Enter or Ctrl-C.",
)
@click.option(
    "--tls",
    is_flag=True,
    help="Use https, with a certificate that is made for this run. COMMAND gets variables to trust it.",
)
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    metavar="ADDRESS",
    help="The address of this machine at which a worker in a container reaches the mock.",
)
@click.option(
    "--public-url",
    metavar="URL",
    help="The URL of the mock for a worker in a container, for example http://host.docker.internal",
)
@report_options
@click.argument("words", nargs=-1, required=True, metavar="-- COMMAND...")
def command(
    scenario: tuple[str, ...],
    time_limit: float,
    jobs: int,
    heartbeat: float | None,
    grace: float,
    fail_fast: bool,
    save_capsules: str | None,
    coverage: bool,
    ui: bool,
    tls: bool,
    host: str,
    public_url: str | None,
    words: tuple[str, ...],
    **files: str | None,
) -> None:
    """Runs the worker COMMAND once for each scenario, on a new mock each time, and gives a verdict.

    COMMAND gets the environment variables LIKEPION_BASE_URL, LIKEPION_API_KEY and LIKEPION_SERVER_NAME.
    In COMMAND, {base_url} and {api_key} are replaced by the same values.

    \b
    Example:
      workerkit exec --scenario key-revoked -- node worker.js
      workerkit exec --jobs 4 --junit report.xml --html report.html -- python worker.py
      workerkit exec --save-capsules capsules -- python worker.py
      workerkit exec --host 172.17.0.1 --public-url http://host.docker.internal -- ./start-container.sh
    """
    mutate_process()
    address = _checked_address(host, public_url, is_tls=tls, jobs=jobs)
    scenarios, reports, began = _chosen_scenarios(scenario), ReportFiles(**files), time.time()
    capsule_folder = CapsuleFolder(Path(save_capsules)) if save_capsules else None
    out = console(stderr=reports.use_standard_output)
    trials = []
    with_capsule = save_capsules is not None
    run_trial = partial(
        try_worker,
        words=words,
        time_limit=time_limit,
        grace=grace,
        heartbeat_interval=heartbeat,
        with_capsule=with_capsule,
        address=address,
    )
    with KeptMocks(partial(_print_address, out)) if ui else nullcontext() as kept_mocks:
        with (
            temporary_certificate(*address.names) if tls else nullcontext() as files_for_tls,
            _parallel_trials(
                scenarios,
                partial(run_trial, tls=files_for_tls, kept_mocks=kept_mocks),
                jobs=jobs,
                fail_fast=fail_fast,
                out=out,
            ) as finished_trials,
        ):
            for trial in finished_trials:
                out.print(styled_case_line(case_of(trial)))
                if capsule_folder is not None and trial.capsule is not None and not trial.verdict.passed:
                    out.print(capsule_folder.save(trial.verdict.scenario, trial.capsule))
                trials.append(trial)
        covered = trial_coverage(trials) if coverage else None
        report = report_of(
            trials,
            began=began,
            seconds=time.time() - began,
            not_run=len(scenarios) - len(trials),
            coverage=covered,
        )
        if report.causes:
            out.print("", styled_causes(report, out.width if out.is_terminal else None), sep="\n")
        for table in styled_tables(report):
            out.print("", table, sep="\n")
        for note in report.folded_notes:
            text = folded_note_text(note) if coverage else note.text
            out.print("", text, sep="\n")
        out.print("", styled_summary(report), sep="\n")
        reports.write(report, as_json(trials, covered))
        if ui:
            _wait_for_person(out)
    sys.exit(0 if report.outcome is Outcome.PASS else 1)


def _print_address(out: Console, scenario: str, address: str) -> None:
    out.print(phrase("See it work: {address}  {scenario}", address=address, scenario=scenario))


def _wait_for_person(out: Console) -> None:
    """Waits until a person at the terminal presses Enter or Ctrl-C. Does not wait without a person."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        why = phrase("The pages of --ui end now, because nobody at a terminal can end them later.")
        out.print("", why, sep="\n")
        return
    out.print("", phrase("The pages of --ui stay until you press Enter or Ctrl-C."), sep="\n")
    with suppress(KeyboardInterrupt):
        sys.stdin.readline()


@contextmanager
def _parallel_trials(
    scenarios: list[Scenario], run_trial: Callable[..., Trial], *, jobs: int, fail_fast: bool, out: Console
) -> Iterator[Iterator[Trial]]:
    """Runs the trials in parallel. Yields them in the order of the scenarios.

    With `fail_fast`, the first trial that fails stops all others. They are left out.
    If the `with` block is left early, all trials that are running are stopped.
    """
    stop, progress = threading.Event(), Progress(out, len(scenarios))
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))

    def attempt(scenario: Scenario) -> Trial | None:
        if stop.is_set():
            return None
        with progress.running(scenario.name), suppress(RunStoppedError):
            trial: Trial = run_trial(scenario, stop=stop)
            if fail_fast and not trial.verdict.passed:
                stop.set()
            return trial
        return None

    with ThreadPoolExecutor(jobs) as pool, progress:
        try:
            yield filter(None, pool.map(attempt, scenarios))
        finally:
            stop.set()
            pool.shutdown(cancel_futures=True)


def _checked_address(host: str, public_url: str | None, *, is_tls: bool, jobs: int) -> MockAddress:
    address = MockAddress(host, public_url)
    address.check_scheme(is_tls=is_tls)
    if address.port and jobs > 1:
        raise click.UsageError(
            f"with the port {address.port} in --public-url, only one mock can run at a time: leave out the "
            "port, or --jobs. More: workerkit docs how-to/containers"
        )
    return address


def _chosen_scenarios(chosen: tuple[str, ...]) -> list[Scenario]:
    names = [name for choice in chosen for name in library.expand(choice)]
    return [library.find(name) for name in dict.fromkeys(names)]
