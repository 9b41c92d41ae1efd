"""The options `--json`, `--junit` and `--html`, and the report files that they ask for."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import click

from workerkit.cli.options.language_option import language_option
from workerkit.mockserver.atomic_file import CannotWriteError, check_writable, write_atomically
from workerkit.mockserver.reports.github.annotations import annotation_lines
from workerkit.mockserver.reports.html.html_page import html_report
from workerkit.mockserver.reports.junit import junit_report
from workerkit.mockserver.reports.markdown import add_step_summary
from workerkit.mockserver.reports.report import CommandReport
from workerkit.openapi.formats.strict_json import render
from workerkit.openapi.formats.visible_text import visible_json

STANDARD_OUTPUT = "-"
_FORMATS = {
    "json": "as JSON",
    "junit": "as JUnit XML, for CI",
    "html": "as one HTML page",
}
C = TypeVar("C", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class ReportFiles:
    """The files for the reports. `-` means standard output, and None means no report in this format.

    json_file: the file for JSON.
    junit_file: the file for JUnit XML.
    html_file: the file for the HTML page.

    All names are checked before the work begins. Raises click.UsageError if two reports go to standard
    output, and CannotWriteError if a file cannot be written.
    """

    json_file: str | None = None
    junit_file: str | None = None
    html_file: str | None = None

    def __post_init__(self) -> None:
        if self._names().count(STANDARD_OUTPUT) > 1:
            raise click.UsageError("only one of --json, --junit and --html can go to standard output")
        for report_format, name in zip(_FORMATS, self._names(), strict=True):
            _check_writable(f"--{report_format}", name)

    @property
    def use_standard_output(self) -> bool:
        """True if a report goes to standard output. Then messages to people go to standard error."""
        return STANDARD_OUTPUT in self._names()

    def write(self, report: CommandReport, value: Any) -> None:
        """Writes all report files, and the summary of the step and the annotations in GitHub Actions.

        report: the report for JUnit, HTML and the summary.
        value: the report as JSON.
        Raises CannotWriteError.
        """
        _write(self.json_file, lambda: visible_json(render(value)))
        _write(self.junit_file, lambda: junit_report(report))
        _write(self.html_file, lambda: html_report(report))
        add_step_summary(report, os.environ)
        for line in annotation_lines(report, os.environ):
            click.echo(line, err=True)

    def _names(self) -> tuple[str | None, ...]:
        return self.json_file, self.junit_file, self.html_file


def report_options(command: C) -> C:
    """Adds the options to a command. The command gets `json_file`, `junit_file` and `html_file`.

    While the command runs, texts for people are in the language of `--lang`.
    """
    command = language_option(command)
    for name, text in reversed(_FORMATS.items()):
        help_text = f"Write the report to FILE {text}; - means standard output."
        command = click.option(f"--{name}", f"{name}_file", metavar="FILE", help=help_text)(command)
    return command


def _check_writable(option: str, name: str | None) -> None:
    try:
        if name is not None and name != STANDARD_OUTPUT:
            check_writable(name)
    except CannotWriteError as error:
        raise CannotWriteError(f"{option} {error}") from None


def _write(name: str | None, content: Callable[[], bytes]) -> None:
    if name == STANDARD_OUTPUT:
        click.echo(content())
    elif name is not None:
        write_atomically(name, content())
