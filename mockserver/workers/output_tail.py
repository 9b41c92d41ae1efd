"""Keeps the end of a command's output. The memory for this is limited."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import IO

_MOST_RETURNED = 64 * 1024
# The kept bytes may begin in the middle of a secret, and no mask finds half a secret. So more bytes are kept,
# and the first ones are cut off after masking.
_MARGIN = 8 * 1024
_READ_SIZE = 64 * 1024
_SECONDS_TO_CLOSE = 2.0


class OutputTail:
    """Reads a pipe in its own thread until the pipe ends, and keeps the last bytes."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source = source
        self._kept = bytearray()
        self._count = 0
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._record, name="workerkit-output", daemon=True)
        self._thread.start()

    def text(self, masked: Callable[[str], str] = str) -> str:
        """Returns the last 64 KiB of the output so far. If there is more, a first line says how much is left
        out.

        The text is masked before it is cut. So no part of a secret is returned.
        """
        with self._lock:
            kept, left_out = bytes(self._kept), self._count - len(self._kept)
        if left_out + len(kept) <= _MOST_RETURNED:
            return masked(kept.decode("utf-8", "replace"))
        margin = max(0, len(kept) - _MOST_RETURNED)
        cut_off = masked(kept[:margin].decode("utf-8", "replace"))
        tail = masked(kept.decode("utf-8", "replace"))[len(cut_off) :]
        return f"({left_out + margin} bytes before this are left out)\n{tail}"

    def finish(self) -> None:
        """Waits until the pipe ends and closes it. After 2 seconds it gives up."""
        self._thread.join(_SECONDS_TO_CLOSE)
        if not self._thread.is_alive():
            self._source.close()

    def _record(self) -> None:
        descriptor = self._source.fileno()
        while part := os.read(descriptor, _READ_SIZE):
            with self._lock:
                self._kept += part
                self._count += len(part)
                del self._kept[: -(_MOST_RETURNED + _MARGIN)]
