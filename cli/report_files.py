"""The files that commands report to: `--json`, `--junit` and `--html`."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import click

from workerkit.mockserver.atomic_file import CannotWriteError, check_writable, write_whole
from workerkit.mockserver.reports.html_page import as_page
from workerkit.mockserver.reports.junit import as_junit
from workerkit.mockserver.reports.markdown import add_step_summary
from workerkit.mockserver.reports.report import CommandReport
from workerkit.openapi.formats.strict_json import render

STANDARD_OUTPUT = "-"
_OPTIONS = {
    "json": "for programs",
    "junit": "as JUnit XML, for CI",
    "html": "as a page that needs nothing else",
}
C = TypeVar("C", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class ReportFiles:
    """Where the report goes: names of files, `-` for standard output, None where it is not wanted.

    Raises UsageError where two are for standard output, and CannotWrite where a file could not be written:
    before the work is done, not after it.
    """

    json_file: str | None = None
    junit_file: str | None = None
    html_file: str | None = None

    def __post_init__(self) -> None:
        if self._names().count(STANDARD_OUTPUT) > 1:
            raise click.UsageError("only one of --json, --junit and --html can go to standard output")
        for option, name in zip(_OPTIONS, self._names(), strict=True):
            _check(f"--{option}", name)

    @property
    def take_standard_output(self) -> bool:
        """Whether standard output belongs to a report, so that people are told on standard error."""
        return STANDARD_OUTPUT in self._names()

    def write(self, report: CommandReport, value: Any) -> None:
        """Writes the report, with this JSON, and in GitHub Actions the step's summary. Raises CannotWrite."""
        self.write_json(value)
        _put(self.junit_file, lambda: as_junit(report))
        _put(self.html_file, lambda: as_page(report))
        add_step_summary(report, os.environ)

    def write_json(self, value: Any) -> None:
        """Writes the JSON alone. Raises CannotWrite."""
        _put(self.json_file, lambda: render(value))

    def _names(self) -> tuple[str | None, ...]:
        return self.json_file, self.junit_file, self.html_file


def report_options(command: C) -> C:
    """Adds the options to a command, which gets `json_file`, `junit_file` and `html_file`."""
    for name, use in reversed(_OPTIONS.items()):
        text = f"Write the report {use}; - for standard output."
        command = click.option(f"--{name}", f"{name}_file", metavar="FILE", help=text)(command)
    return command


def _check(option: str, name: str | None) -> None:
    try:
        if name is not None and name != STANDARD_OUTPUT:
            check_writable(name)
    except CannotWriteError as error:
        raise CannotWriteError(f"{option} {error}") from None


def _put(name: str | None, content: Callable[[], bytes]) -> None:
    if name == STANDARD_OUTPUT:
        click.echo(content())
    elif name is not None:
        write_whole(name, content())
