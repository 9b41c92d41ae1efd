"""`workerkit scenario new`: creates the file of a scenario."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from workerkit.cli.console import console
from workerkit.mockserver.capsules.file.to_scenario import scenario_source
from workerkit.mockserver.capsules.other_tools.any_recording import read_recording
from workerkit.scenarios.library.starter import create_scenario_file


@click.command("new")
@click.argument("name", metavar="NAME")
@click.option(
    "--from",
    "capsule",
    metavar="FILE",
    help="Create the scenario from the refusals and failures in this capsule.",
)
def command(name: str, capsule: str | None) -> None:
    """Writes NAME.yaml: a small scenario with comments, as a start for your own scenario.

    \b
    Example:
      workerkit scenario new site-down
      workerkit scenario new what-happened --from bug.yaml
    """
    make_source = (
        partial(scenario_source, read_recording(Path(capsule)), file=Path(capsule).name) if capsule else None
    )
    path = create_scenario_file(name, Path(), make_source)
    console().print(f"Wrote {path}. Change it, then check it: workerkit scenario validate {path}")
