"""Types of options: durations (`500ms`, `2m`), rates (`5/s`, `100/m`), times (`2/3`) and control tokens."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workerkit.mockserver.control.access import UnfitTokenError, checked_token
from workerkit.openapi.errors import UsageError
from workerkit.scenarios.fields.duration import DurationError, parse_duration

if TYPE_CHECKING:
    _FloatType = click.ParamType[float]
    _PairType = click.ParamType[tuple[int, int]]
else:
    _FloatType = _PairType = click.ParamType  # before click 8.4 it has no parameter


class _Duration(_FloatType):
    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The duration in seconds."""
        if isinstance(value, float):
            return value
        try:
            return parse_duration(str(value))
        except DurationError as error:
            self.fail(str(error), param, ctx)


DURATION = _Duration()

_RATE = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)/(s|m)", re.ASCII)
_SECONDS = {"s": 1.0, "m": 60.0}


class _Rate(_FloatType):
    name = "rate"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The rate per second."""
        if isinstance(value, float):
            return value
        match = _RATE.fullmatch(str(value))
        if match is None or float(match[1]) == 0:
            self.fail(f"{value!r} is not a rate: write, for example, 5/s or 100/m", param, ctx)
        return float(match[1]) / _SECONDS[match[2]]


RATE = _Rate()

_SHARE_OF_TIMES = re.compile(r"(\d{1,3})/(\d{1,3})", re.ASCII)


class _ShareOfTimes(_PairType):
    name = "share of times"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, int]:
        """How many times, and of how many. The first number is at least 1, and not more than the second."""
        if isinstance(value, tuple):
            return value
        match = _SHARE_OF_TIMES.fullmatch(str(value))
        if match is None or not 1 <= int(match[1]) <= int(match[2]):
            self.fail(f"{value!r} is not a number of times: write, for example, 2/3", param, ctx)
        return int(match[1]), int(match[2])


SHARE_OF_TIMES = _ShareOfTimes()


class TokenOption(click.Option):
    """The option `--control-token`.

    Raises click.BadParameter if the token is not allowed.

    click ignores an empty environment variable. This option reads it as an empty token, which is not allowed.
    """

    def __init__(self, *args: Any, **others: Any) -> None:
        super().__init__(*args, callback=_check_token, **others)

    def resolve_envvar_value(self, ctx: click.Context) -> str | None:
        """The value of the environment variable, even if it is empty. None if it is not set."""
        return os.environ.get(self.envvar) if isinstance(self.envvar, str) else None


def token_from(file: str) -> str:
    """The control token in a file, without the line end behind it.

    Raises UnfitTokenError if the token is not allowed, and UsageError if the file cannot be read.
    """
    try:
        text = Path(file).read_text("utf-8")
    except OSError as error:
        raise UsageError(f"--control-token-file {file} cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise UnfitTokenError(f"--control-token-file {file}: the file is not text in UTF-8") from None
    try:
        return checked_token(text.removesuffix("\n").removesuffix("\r")) or ""
    except UnfitTokenError as error:
        raise UnfitTokenError(f"--control-token-file {file}: {error}") from None


def _check_token(context: click.Context, option: click.Parameter, token: str | None) -> str | None:
    try:
        return checked_token(token)
    except UnfitTokenError as error:
        raise click.BadParameter(str(error), ctx=context, param=option) from None
