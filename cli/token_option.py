"""The option for a control token."""

from __future__ import annotations

import os
from typing import Any

import click
from click.core import ParameterSource

from workerkit.mockserver.control.access import UnfitTokenError, checked_token


class TokenOption(click.Option):
    """Refuses an unfit token and names the place that it came from. Raises UnfitTokenError.

    An empty variable is an empty token: click would take it for none.
    """

    def __init__(self, *args: Any, **others: Any) -> None:
        super().__init__(*args, callback=_checked, **others)

    def resolve_envvar_value(self, ctx: click.Context) -> str | None:
        return os.environ.get(self.envvar) if isinstance(self.envvar, str) else None


def _checked(context: click.Context, option: click.Parameter, token: str | None) -> str | None:
    try:
        return checked_token(token)
    except UnfitTokenError as error:
        raise UnfitTokenError(f"{_place(context, option)}: {error}") from None


def _place(context: click.Context, option: click.Parameter) -> str:
    match context.get_parameter_source(option.name or ""):
        case ParameterSource.ENVIRONMENT:
            return f"{option.envvar}"
        case ParameterSource.DEFAULT_MAP:
            return "control-token of [tool.workerkit] in pyproject.toml"
    return "--control-token"
