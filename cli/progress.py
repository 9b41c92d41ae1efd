"""Progress on a terminal: how much of the work is done, and what runs now."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    ProgressColumn,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.progress import Progress as Bar

from workerkit.cli.console import shows_progress
from workerkit.openapi.formats.visible_text import visible_line
from workerkit.openapi.languages.phrase import phrase

_MAX_NAMES = 4


class _ProgressLine:
    """A line at the bottom of the terminal during a `with` block. It is shown only if a person can see it."""

    def __init__(self, out: Console, *columns: ProgressColumn) -> None:
        self._bar = Bar(
            *columns, console=out, transient=True, refresh_per_second=4, disable=not shows_progress(out)
        )

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()


class Progress(_ProgressLine):
    """A progress bar: how many of all parts are done, and which parts run now."""

    def __init__(self, out: Console, total: int) -> None:
        description = TextColumn("{task.description}", markup=False)
        super().__init__(out, BarColumn(20), MofNCompleteColumn(), TimeElapsedColumn(), description)
        self._task = self._bar.add_task("", total=total)
        self._running: list[str] = []
        self._lock = threading.Lock()

    def step(self, description: str) -> None:
        """Counts one more part as done, and shows its description."""
        self._bar.update(self._task, description=visible_line(description), advance=1)

    @contextmanager
    def running(self, name: str) -> Iterator[None]:
        """Shows a part as running during the `with` block. After the block the part counts as done."""
        self._change(name, begins=True)
        try:
            yield
        finally:
            self._change(name, begins=False)

    def _change(self, name: str, *, begins: bool) -> None:
        with self._lock:
            (self._running.append if begins else self._running.remove)(name)
            more = ", ..." if len(self._running) > _MAX_NAMES else ""
            description = ", ".join(self._running[:_MAX_NAMES]) + more
            self._bar.update(self._task, description=visible_line(description), advance=0 if begins else 1)


class Countdown(_ProgressLine):
    """Shows how many exchanges are left. The number only goes down.

    total: the number at the start.
    """

    def __init__(self, out: Console, total: int) -> None:
        super().__init__(
            out, SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn()
        )
        self._left, self._total = total, total
        self._task = self._bar.add_task(self._description())

    def lower_to(self, count: int) -> None:
        """Shows `count` if it is lower than the number that is shown."""
        self._left = min(self._left, count)
        self._bar.update(self._task, description=self._description())

    def _description(self) -> str:
        text = phrase("{count} of {total} exchanges left", count=self._left, total=self._total)
        return visible_line(text)
