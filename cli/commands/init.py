"""`workerkit init`: writes the files with which a worker's project begins to use workerkit."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

import click

from workerkit.cli.echo import echo
from workerkit.cli.setup.project_start import LANGUAGES, SCENARIO, ProjectStart


@click.command("init")
@click.option(
    "--command", "worker", metavar="COMMAND", help="The worker's command, for example 'node worker.js'."
)
@click.option("--language", type=click.Choice(LANGUAGES), help="The worker's language, for the CI job.")
@click.option("--overwrite", is_flag=True, help="Replace the scenario and the CI job if they exist.")
def command(worker: str | None, language: str | None, overwrite: bool) -> None:
    """Writes settings, a first scenario and a CI job for a worker's project into the current folder.

    Asks for the worker's command and its language if the options do not say them.

    \b
    Example:
      workerkit init --command 'node worker.js' --language node
    """
    worker = worker or click.prompt("The worker's command, for example node worker.js", err=True)
    language = language or click.prompt(
        "The worker's language", type=click.Choice(LANGUAGES), default=_guess(worker), err=True
    )
    for path in ProjectStart(Path(), worker, language).write(overwrite=overwrite):
        echo(f"Wrote {path}")
    words = worker if _is_simple(worker) else f"bash -c {shlex.quote(worker)}"
    run_first = f"workerkit exec --scenario scenarios/{SCENARIO}.yaml -- {words}"
    echo(f"Change the scenario, then run your worker in it: {run_first}")
    echo(f"All scenarios of the library: workerkit exec -- {words}")


def _is_simple(worker: str) -> bool:
    """Whether a shell and `workerkit exec` take the command in the same way, without a shell of its own."""
    return not set(worker) & set("|&;<>()$`\\\n*?[#~%")


def _guess(worker: str) -> str:
    program = os.path.basename(worker.split()[0]) if worker.split() else ""
    known = {"node": "node", "npm": "node", "npx": "node", "go": "go", "java": "java"}
    return "python" if program.startswith("python") else known.get(program, "other")
