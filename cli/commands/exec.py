"""`workerkit exec`: a worker's command through scenarios, judged."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import click
from rich.console import Console

from workerkit.cli.click_types import DURATION
from workerkit.cli.console import console
from workerkit.cli.progress import Progress
from workerkit.cli.report_files import ReportFiles, report_options
from workerkit.mockserver.capsules.capture.folder import CapsuleFolder
from workerkit.mockserver.reports.report import Outcome
from workerkit.mockserver.reports.terminal import summary_of, table_of, words_of
from workerkit.mockserver.trials.trial import Trial, try_worker
from workerkit.mockserver.trials.trial_report import as_json, case_of, report_of
from workerkit.scenarios.library import library
from workerkit.scenarios.model.scenario import Scenario


@click.command("exec", context_settings={"ignore_unknown_options": False})
@click.option(
    "--scenario",
    multiple=True,
    default=["all"],
    metavar="NAME|FILE|all",
    show_default=True,
    help="Of the library, or your own; give it again for several.",
)
@click.option("--time-limit", type=DURATION, default="30s", show_default=True, help="For each scenario.")
@click.option("--jobs", type=click.IntRange(1, 64), default=1, show_default=True, help="How many at a time.")
@click.option("--save-capsules", metavar="DIR", help="Write a capsule of each scenario that failed.")
@report_options
@click.argument("words", nargs=-1, required=True, metavar="-- COMMAND...")
def command(
    scenario: tuple[str, ...],
    time_limit: float,
    jobs: int,
    save_capsules: str | None,
    words: tuple[str, ...],
    **files: str | None,
) -> None:
    """Runs the worker COMMAND once per scenario, each in a world of its own, and judges it.

    The worker finds LIKEPION_BASE_URL, LIKEPION_API_KEY and LIKEPION_SERVER_NAME in its environment;
    {base_url} and {api_key} in COMMAND are replaced, too.

    \b
    Example:
      workerkit exec --scenario key-revoked -- node worker.js
      workerkit exec --jobs 4 --junit report.xml --html report.html -- python worker.py
      workerkit exec --save-capsules capsules -- python worker.py
    """
    scenarios, reports, began = _chosen(scenario), ReportFiles(**files), time.time()
    shelf = CapsuleFolder(Path(save_capsules)) if save_capsules else None
    out = console(stderr=reports.take_standard_output)
    trials = []
    attempt = partial(try_worker, words=words, time_limit=time_limit, with_capsule=shelf is not None)
    with _tried(scenarios, attempt, jobs=jobs, out=out) as tried:
        for trial in tried:
            out.print(words_of(case_of(trial), out.width if out.is_terminal else None))
            if shelf is not None and trial.capsule is not None and not trial.verdict.passed:
                out.print(shelf.put(trial.verdict.scenario, trial.capsule), markup=False)
            trials.append(trial)
    report = report_of(trials, began=began, seconds=time.time() - began)
    if len(trials) > 1:
        out.print("", table_of(report), "", sep="\n")
    out.print(summary_of(report))
    reports.write(report, as_json(trials))
    sys.exit(0 if report.outcome is Outcome.PASS else 1)


@contextmanager
def _tried(
    scenarios: list[Scenario], trial: Callable[..., Trial], *, jobs: int, out: Console
) -> Iterator[Iterator[Trial]]:
    """The trials in their order, as they are done. Left early, it ends all that runs."""
    stop, progress = threading.Event(), Progress(out, len(scenarios))
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))

    def attempt(scenario: Scenario) -> Trial:
        with progress.running(scenario.name):
            return trial(scenario, stop=stop)

    with ThreadPoolExecutor(jobs) as pool, progress:
        try:
            yield pool.map(attempt, scenarios)
        finally:
            stop.set()
            pool.shutdown(cancel_futures=True)


def _chosen(asked: tuple[str, ...]) -> list[Scenario]:
    names = [name for each in asked for name in (library.names() if each == "all" else (each,))]
    return [library.find(name) for name in dict.fromkeys(names)]
