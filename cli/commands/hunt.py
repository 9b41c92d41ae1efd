"""`workerkit hunt`: tries a worker with many troubles until it breaks a rule."""

from __future__ import annotations

import signal
import sys
import time
from pathlib import Path

import click

from workerkit.cli.console import console
from workerkit.cli.interrupt import INTERRUPTED
from workerkit.cli.options.option_types import DURATION, SHARE_OF_TIMES
from workerkit.cli.options.trial_options import grace_option
from workerkit.cli.progress import Progress
from workerkit.cli.report_files import ReportFiles, report_options
from workerkit.mockserver.hunt.hunt import run_hunt
from workerkit.mockserver.hunt.hunt_folder import HuntFolder
from workerkit.mockserver.hunt.hunt_plan import HuntPlan
from workerkit.mockserver.hunt.hunt_report import found_text, hunt_json, hunt_report
from workerkit.mockserver.reports.terminal import styled_causes, styled_summary
from workerkit.openapi.languages.phrase import phrase
from workerkit.scenarios.rules import RULES

_SAVE_HINT = phrase("To keep it as a scenario and a pytest, run the hunt with --out DIR.")


@click.command("hunt", context_settings={"ignore_unknown_options": False})
@click.option(
    "--trials",
    type=click.IntRange(1, 100_000),
    default=300,
    show_default=True,
    help="The most trials of the search.",
)
@click.option(
    "--time",
    "seconds",
    type=DURATION,
    default="5m",
    show_default=True,
    help="The longest time of the search.",
)
@click.option(
    "--jobs",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    help="How many trials run in parallel. Your worker must be able to run several times at once.",
)
@click.option(
    "--seed",
    type=click.IntRange(0),
    default=1,
    show_default=True,
    help="Another seed tries pairs of troubles in another order.",
)
@click.option(
    "--rule",
    "rules",
    multiple=True,
    type=click.Choice(list(RULES)),
    metavar="ID",
    help="Only this rule counts. Repeatable. workerkit rule show explains rules.",
)
@click.option(
    "--confirm",
    type=SHARE_OF_TIMES,
    default="2/3",
    show_default=True,
    metavar="K/N",
    help="A finding counts if the worker breaks the same rule in K of N repetitions.",
)
@click.option(
    "--time-limit",
    type=DURATION,
    default="30s",
    show_default=True,
    help="The longest time for each trial.",
)
@grace_option
@click.option(
    "--out",
    metavar="DIR",
    help="Write the finding as a scenario and a pytest into DIR. The scenarios of DIR are tried first.",
)
@report_options
@click.argument("words", nargs=-1, required=True, metavar="-- COMMAND...")
def command(
    trials: int,
    seconds: float,
    jobs: int,
    seed: int,
    rules: tuple[str, ...],
    confirm: tuple[int, int],
    time_limit: float,
    grace: float,
    out: str | None,
    words: tuple[str, ...],
    **files: str | None,
) -> None:
    """Searches for a trouble under which the worker COMMAND breaks a rule.

    First the worker runs undisturbed. Then it runs again and again, and each time something else goes wrong
    at one of its requests. A finding is repeated and made smaller. COMMAND gets the same environment
    variables as with workerkit exec.

    \b
    Example:
      workerkit hunt -- node worker.js
      workerkit hunt --time 20m --jobs 4 --rule result-repeated -- python worker.py
    """
    reports, began = ReportFiles(**files), time.time()
    terminal = console(stderr=reports.use_standard_output)
    folder = None if out is None else HuntFolder(Path(out))
    plan = HuntPlan(
        words=words,
        trials=trials,
        seconds=seconds,
        jobs=jobs,
        seed=seed,
        rules=rules,
        needed=confirm[0],
        repetitions=confirm[1],
        saved=() if folder is None else folder.scenarios(),
        time_limit=time_limit,
        grace=grace,
    )
    if plan.unjudged_rules:
        raise click.UsageError(
            f"--rule {plan.unjudged_rules[0]}: a hunt never judges this rule, because only some scenarios of "
            "the library expect it. A hunt judges the general rules, and tasks-ended. "
            "More: workerkit docs reference/rules"
        )
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    with Progress(terminal, trials) as progress:
        result = run_hunt(
            plan,
            on_trial=lambda attempt, trial: progress.step(attempt.name),
            on_news=lambda sentence: terminal.print(sentence),
        )
    report = hunt_report(result, began=began)
    if result.finding is not None:
        terminal.print("", found_text(result.finding), sep="\n")
        terminal.print(_SAVE_HINT if folder is None else folder.save(result.finding, plan))
    if report.causes:
        terminal.print("", styled_causes(report, terminal.width if terminal.is_terminal else None), sep="\n")
    for note in report.folded_notes:
        terminal.print("", note.text, sep="\n")
    terminal.print("", styled_summary(report), sep="\n")
    reports.write(report, hunt_json(result))
    sys.exit(1 if not result.passed else INTERRUPTED if result.is_interrupted else 0)
