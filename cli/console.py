"""The console that commands print to: with colours on a terminal, plain text anywhere else."""

from __future__ import annotations

import os
from functools import cache
from typing import Any, Literal

from rich.console import Console

from workerkit.openapi.formats.visible_text import visible_text


class TextConsole(Console):
    """A console for texts from outside: no character of a text acts, and square brackets are no markup."""

    def print(self, *objects: Any, **options: Any) -> None:
        """Prints objects as rich does. Each text is printed as `visible_text` shows it."""
        shown = (visible_text(item) if isinstance(item, str) else item for item in objects)
        super().print(*shown, **{"markup": False, **options})


@cache
def console(*, stderr: bool = False) -> Console:
    """The console for standard output, or for standard error if `stderr` is True.

    It prints plain text if it is not a terminal, or if the environment variable NO_COLOR is set.
    """
    # With NO_COLOR alone, rich would print no colours, but still bold text. color_system=None turns off both.
    color_system: Literal["auto"] | None = None if os.environ.get("NO_COLOR") else "auto"
    return TextConsole(soft_wrap=True, highlight=False, stderr=stderr, color_system=color_system)


def shows_progress(out: Console) -> bool:
    """True if a person can see progress: on a terminal, not in CI, and without NO_COLOR."""
    return out.is_terminal and not out.no_color and not os.environ.get("CI")
