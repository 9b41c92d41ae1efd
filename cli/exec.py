"""`workerkit exec`: a worker's command through scenarios, judged."""

from __future__ import annotations

import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import click

from workerkit.cli.console import console, write_report
from workerkit.cli.duration import DURATION
from workerkit.mockserver.trial import try_worker
from workerkit.mockserver.trial_report import as_json, as_text, summary
from workerkit.scenarios import library
from workerkit.scenarios.scenario import Scenario


@click.command("exec", context_settings={"ignore_unknown_options": False})
@click.option(
    "--scenario", "scenario", multiple=True, default=["all"], metavar="NAME|FILE|all", show_default=True
)
@click.option("--time-limit", type=DURATION, default="30s", show_default=True, help="For each scenario.")
@click.option("--jobs", type=click.IntRange(1, 64), default=1, show_default=True, help="How many at a time.")
@click.option(
    "--json", "json_file", type=click.Path(dir_okay=False), metavar="FILE", help="Write the report."
)
@click.argument("words", nargs=-1, required=True, metavar="-- COMMAND...")
def command(
    scenario: tuple[str, ...], time_limit: float, jobs: int, json_file: str | None, words: tuple[str, ...]
) -> None:
    """Runs the worker COMMAND once per scenario, each in a world of its own, and judges it.

    The worker finds LIKEPION_BASE_URL, LIKEPION_API_KEY and LIKEPION_SERVER_NAME in its environment;
    {base_url} and {api_key} in COMMAND are replaced, too.

    \b
    Example:
      workerkit exec --scenario key-revoked -- node worker.js
    """
    scenarios, stop, out = _chosen(scenario), threading.Event(), console(json_file)
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    with ThreadPoolExecutor(jobs) as pool:
        try:
            trials = []
            tried = pool.map(
                lambda each: try_worker(each, words, time_limit=time_limit, stop=stop), scenarios
            )
            for trial in tried:
                out.print(as_text(trial), markup=False)
                trials.append(trial)
        finally:
            stop.set()
    out.print(summary(trials), markup=False)
    write_report(json_file, as_json(trials))
    sys.exit(0 if all(trial.verdict.passed for trial in trials) else 1)


def _chosen(asked: tuple[str, ...]) -> list[Scenario]:
    names = [name for each in asked for name in (library.names() if each == "all" else (each,))]
    return [library.find(name) for name in dict.fromkeys(names)]
