"""The options of `workerkit conform` as options of pytest: `--conform-api-key` for `--api-key`.

The pytest plugin declares them in each run of pytest, so it reads them from a file and does not import the
command. To generate the file:
`python -m workerkit.cli.pytest_conform.options > mockserver/pytest_plugin/conform_options.json`
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import click
import pytest

from workerkit.cli.command_index import options_of
from workerkit.cli.commands.conform import command
from workerkit.cli.conform_run import ConformOptions
from workerkit.cli.settings import project_settings, with_variables


def options_text() -> str:
    """The content of the file: the name, the metavar and the help of each option."""
    return json.dumps([_entry(option) for option in _options()], indent=2) + "\n"


def options_in(config: pytest.Config) -> ConformOptions:
    """The options of one pytest run.

    An option that is not given comes from WORKERKIT_<OPTION> or from [tool.workerkit], as for the command.
    Raises click.UsageError and BadSettingsError.
    """
    words = [*_words(config), "--", str(config.getoption("--conform"))]
    settings = project_settings(command)
    with with_variables(command).make_context("conform", words, default_map=settings) as context:
        return ConformOptions.of(context.params)


def with_pytest_names(text: str) -> str:
    """The text with the names that the options have in pytest: `--conform-api-key` for `--api-key`."""
    names = "|".join(map(_name, _options()))
    return re.sub(rf"(?<!\w)--(?=(?:{names})\b)", "--conform-", text)


def _options() -> list[click.Option]:
    """The options that say how a run is done. The others are about reports."""
    names = {field.name for field in fields(ConformOptions)}
    return [option for option in options_of(command) if option.name in names]


def _name(option: click.Option) -> str:
    return option.opts[0].removeprefix("--")


def _entry(option: click.Option) -> dict[str, Any]:
    default = f" The default is {option.default}." if option.show_default else ""
    return {
        "name": _name(option),
        "metavar": option.metavar or _metavar(option),
        "help": with_pytest_names(f"{option.help}{default}"),
        "is_repeatable": option.multiple,
    }


def _metavar(option: click.Option) -> str:
    choices = option.type.choices if isinstance(option.type, click.Choice) else ["N"]
    return "|".join(map(str, choices))


def _words(config: pytest.Config) -> Iterator[str]:
    """The options that pytest was called with, as words for the command."""
    for name in map(_name, _options()):
        value = config.getoption(f"--conform-{name}")
        for text in value if isinstance(value, list) else [value]:
            if text is not None:
                yield f"--{name}={text}"


if __name__ == "__main__":
    sys.stdout.write(options_text())
