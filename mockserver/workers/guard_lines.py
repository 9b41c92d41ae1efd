"""Reads the lines that a process guard writes."""

from __future__ import annotations

import queue
import threading
from typing import IO

_WORDS = (b"started ", b"failed ", b"exited ")


class GuardLines:
    """The lines of a guard. A thread reads them, because Windows cannot wait for a pipe with a time limit.

    source: the pipe. It is closed at its end.
    """

    def __init__(self, source: IO[bytes]) -> None:
        self._source = source
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._read, name="workerkit-guard-lines", daemon=True)
        self._thread.start()

    def next(self, seconds: float) -> str | None:
        """The next line. If the guard has ended, the line is empty. If no line comes in `seconds`, None."""
        try:
            line = self._lines.get(timeout=seconds) if seconds else self._lines.get_nowait()
        except queue.Empty:
            return None
        if not line:
            self._lines.put(line)
        return line

    def finish(self) -> None:
        """Waits until the guard has ended and all lines are read."""
        self._thread.join()

    def _read(self) -> None:
        with self._source:
            for line in self._source:
                if line.startswith(_WORDS):
                    self._lines.put(line.decode().rstrip())
        self._lines.put("")
