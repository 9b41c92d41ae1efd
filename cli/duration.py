"""A length of time on the command line: `500ms`, `30s`, `2m`."""

from __future__ import annotations

from typing import Any

import click

from workerkit.scenarios.fields.duration import NoDuration, seconds


class _Duration(click.ParamType[float]):
    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, float):
            return value
        try:
            return seconds(str(value))
        except NoDuration as error:
            self.fail(str(error), param, ctx)


DURATION = _Duration()
