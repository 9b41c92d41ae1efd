"""`workerkit silences`: lists what the API page leaves open."""

from __future__ import annotations

import click

from workerkit.cli.console import console
from workerkit.cli.options.language_option import language_option
from workerkit.cli.setup.completed_names import silence_names
from workerkit.openapi.formats.yaml_nodes import did_you_mean
from workerkit.openapi.spec.proposed_sentence import meanings_of, question_of
from workerkit.openapi.spec.silence import silences


@click.command("silences")
@language_option
@click.argument("names", nargs=-1, metavar="[ID]...", shell_complete=silence_names)
def command(names: tuple[str, ...]) -> None:
    """Lists the silences: questions that the API page leaves open, each with its possible answers.

    With an ID, lists only this silence.

    The first answer is the one that the mock gives. A dialect file can choose another one:
    workerkit serve --dialect FILE.

    \b
    Example:
      workerkit silences
      workerkit silences time-precision
    """
    wrong = next((name for name in names if name not in silences()), None)
    if wrong is not None:
        raise click.UsageError(f'there is no silence "{wrong}"{did_you_mean(wrong, silences())}')
    for silence in [silences()[name] for name in names or silences()]:
        console().print(f"{silence.id}: " + question_of(silence))
        for value, meaning in meanings_of(silence).items():
            console().print(f"    {value}: " + meaning)
