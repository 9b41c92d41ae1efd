"""Values of options on the command line: a length of time (`500ms`, `30s`, `2m`), a rate (`5/s`, `100/m`)."""

from __future__ import annotations

import re
from typing import Any

import click

from workerkit.scenarios.fields.duration import DurationError, seconds


class _Duration(click.ParamType[float]):
    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, float):
            return value
        try:
            return seconds(str(value))
        except DurationError as error:
            self.fail(str(error), param, ctx)


DURATION = _Duration()


_FORM = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)/(s|m)", re.ASCII)

_SECONDS = {"s": 1.0, "m": 60.0}


class _Rate(click.ParamType[float]):
    name = "rate"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, float):
            return value
        found = _FORM.fullmatch(str(value))
        if found is None or float(found[1]) == 0:
            self.fail(f"{value!r} is no rate: write it as in 5/s or 100/m", param, ctx)
        return float(found[1]) / _SECONDS[found[2]]


RATE = _Rate()
