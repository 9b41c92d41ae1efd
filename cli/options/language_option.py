"""The option `--lang`: the language of what people read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from workerkit.openapi.languages.catalogue import ENGLISH, LANGUAGES
from workerkit.openapi.languages.report_language import reports_in

C = TypeVar("C", bound=Callable[..., Any])


def language_option(command: C) -> C:
    """Adds `--lang` to a command. While the command runs, texts for people are in this language."""
    return click.option(
        "--lang",
        type=click.Choice(LANGUAGES),
        default=ENGLISH,
        show_default=True,
        expose_value=False,
        callback=lambda context, _, language: context.with_resource(reports_in(language)),
        help="The language of what people read. JSON and JUnit XML are always in English.",
    )(command)
