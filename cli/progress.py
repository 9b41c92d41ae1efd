"""What a person at a terminal sees while work goes on: how much is done, and what runs."""

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

_MOST_NAMED = 4


class _Line:
    """A line at the bottom of the terminal, from `with` to its end; nothing where nobody looks on."""

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


class Progress(_Line):
    """How many of so many are done, and what runs."""

    def __init__(self, out: Console, total: int) -> None:
        told = TextColumn("{task.description}")
        super().__init__(out, BarColumn(20), MofNCompleteColumn(), TimeElapsedColumn(), told)
        self._task = self._bar.add_task("", total=total)
        self._names: list[str] = []
        self._lock = threading.Lock()

    def step(self, told: str) -> None:
        """Shows that one more is done, and what it was."""
        self._bar.update(self._task, description=told, advance=1)

    @contextmanager
    def running(self, name: str) -> Iterator[None]:
        """Shows that this runs, and when it ends that one more is done."""
        self._change(name, begins=True)
        try:
            yield
        finally:
            self._change(name, begins=False)

    def _change(self, name: str, *, begins: bool) -> None:
        with self._lock:
            (self._names.append if begins else self._names.remove)(name)
            more = ", ..." if len(self._names) > _MOST_NAMED else ""
            told = ", ".join(self._names[:_MOST_NAMED]) + more
            self._bar.update(self._task, description=told, advance=0 if begins else 1)


class Countdown(_Line):
    """How many of something are left."""

    def __init__(self, out: Console, total: int, of: str) -> None:
        super().__init__(out, SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
        self._left, self.replay_summary = total, f"of {total} {of} left"
        self._task = self._bar.add_task(f"{total} {self.replay_summary}")

    def enough(self, count: int) -> None:
        """So many do, too: shows the fewest."""
        self._left = min(self._left, count)
        self._bar.update(self._task, description=f"{self._left} {self.replay_summary}")
