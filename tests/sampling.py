"""Parametrized tests of which `make test` runs a sample, and `make bench` all."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest


def sampled(parameters: Iterable[Any], *, every: int, ids: bool = True, unpack: bool = False) -> list[Any]:
    """The parameters of a test, each marked `long` except the first of every `every`.

    ids: whether the parameters name their tests. Without it, pytest numbers the tests.
    unpack: whether each parameter is a tuple with the values of several arguments.
    """
    return [
        pytest.param(
            *(parameter if unpack else [parameter]),
            marks=[pytest.mark.long] if number % every else [],
            **({} if ids else {"id": ""}),
        )
        for number, parameter in enumerate(parameters)
    ]
