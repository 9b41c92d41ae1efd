"""A group of commands that imports a command only when it runs."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import click

from workerkit.cli.command_index import command_index
from workerkit.cli.settings import with_variables
from workerkit.cli.unavailable import UnavailableCommand
from workerkit.openapi.missing_package import missing_package_text


@dataclass(frozen=True, slots=True)
class Extra:
    """What a command needs beyond the base.

    name: the extra of this kit that installs it.
    modules: the modules that the command imports.
    """

    name: str
    modules: tuple[str, ...]


_NOTHING = Extra("", ())


class LazyGroup(click.Group):
    """Imports a command only when it is used. The help of the group takes its texts from the command index.

    modules: the module of each command, by the command's name, in the order of the help.
    needs: the extra that a command needs, by the command's name. If a module of it is missing, the
        group has an `UnavailableCommand` in place of the command, which tells the user what to install.
    prefix: the words before the name of a command in the index: `scenario ` for `scenario list`.
    """

    def __init__(
        self,
        *args: Any,
        modules: Mapping[str, str],
        needs: Mapping[str, Extra] | None = None,
        prefix: str = "",
        **others: Any,
    ) -> None:
        super().__init__(*args, **others)
        self._modules, self._needs, self._prefix = modules, needs or {}, prefix

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all commands, in the order of the help."""
        return list(self._modules)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """The command with this name. None if there is no such command."""
        if name not in self._modules:
            return None
        try:
            command = importlib.import_module(self._modules[name]).command
        except ImportError as error:
            extra = self._needs.get(name, _NOTHING)
            message = missing_package_text(name, error, extra.modules, extra.name)
            if message is None:
                raise
            return UnavailableCommand(name, message)
        assert isinstance(command, click.Command)
        return with_variables(command)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Writes the names and summaries of the commands into a help. Imports no command."""
        width = formatter.width - 6 - max(map(len, self._modules))
        with formatter.section("Commands"):
            formatter.write_dl(
                [(name, self._placeholder(name).get_short_help_str(width)) for name in self._modules]
            )

    def _placeholder(self, name: str) -> click.Command:
        """A command with the summary of the real one."""
        extra = self._needs.get(name, _NOTHING)
        missing = next((module for module in extra.modules if not _is_installed(module)), None)
        if missing is not None:
            error = ModuleNotFoundError(name=missing)
            return UnavailableCommand(name, missing_package_text(name, error, (missing,), extra.name) or "")
        return click.Command(name, help=command_index()[self._prefix + name].summary)


def _is_installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False
