"""Where commands speak: a terminal in colour, anything else in plain text."""

from __future__ import annotations

import os
from functools import cache
from typing import Literal

from rich.console import Console


@cache
def console(*, stderr: bool = False) -> Console:
    """Standard output or, where that belongs to a report, standard error.

    Plain where it is no terminal or NO_COLOR is set.
    """
    # Without colours rich would still print in bold.
    colours: Literal["auto"] | None = None if os.environ.get("NO_COLOR") else "auto"
    return Console(soft_wrap=True, highlight=False, stderr=stderr, color_system=colours)


def shows_progress(out: Console) -> bool:
    """Whether somebody looks on: at a terminal, not in CI, and without NO_COLOR."""
    return out.is_terminal and not out.no_color and not os.environ.get("CI")
