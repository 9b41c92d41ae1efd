"""The command index is the file that the commands give."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from workerkit.cli import command_index as module
from workerkit.cli.command_index import command_index, index_text
from workerkit.cli.main import workerkit

FILE = Path(module.__file__).with_suffix(".json")


def test_the_file_is_up_to_date() -> None:
    """To write it again: `python -m workerkit.cli.command_index > cli/command_index.json`."""
    assert FILE.read_text("utf-8") == index_text(workerkit)


def test_an_entry_has_the_summary_and_the_names_of_the_settings() -> None:
    entry = command_index()["exec"]
    assert entry.summary.startswith("Runs the worker COMMAND once for each scenario, on a new mock")
    assert {"scenario", "time_limit", "json"} < set(entry.options)
    assert entry.repeatable == ("scenario",)


def test_commands_of_groups_have_entries() -> None:
    assert command_index()["scenario new"].options == ("from",)


@pytest.mark.parametrize("words", [(), ("scenario",)], ids=["workerkit", "scenario"])
def test_the_help_shows_the_summaries_of_the_commands(words: tuple[str, ...]) -> None:
    context = click.Context(workerkit)
    group = workerkit if not words else workerkit.get_command(context, *words)
    assert isinstance(group, click.Group)
    shown = group.get_help(context)
    formatter = context.make_formatter()
    click.Group.format_commands(group, context, formatter)
    assert formatter.getvalue() in shown + "\n"
