"""The end of what a command printed, in bounded memory, however much that is."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import IO

_MOST_SHOWN = 64 * 1024
# It may begin with the rest of a secret, which no mask knows: so much more is kept than shown.
_MARGIN = 8 * 1024
_AT_ONCE = 64 * 1024
_SECONDS_TO_CLOSE = 2.0


class OutputTail:
    """Records what comes out of a pipe until it ends, in a thread of its own."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source = source
        self._kept = bytearray()
        self._count = 0
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._record, name="workerkit-tape", daemon=True)
        self._thread.start()

    def text(self, masked: Callable[[str], str] = str) -> str:
        """What was printed so far, masked: its last 64 KiB, after a line that says how much is left out.

        It is masked before it is cut, so that no part of a secret is left.
        """
        with self._lock:
            kept, left_out = bytes(self._kept), self._count - len(self._kept)
        if left_out + len(kept) <= _MOST_SHOWN:
            return masked(kept.decode("utf-8", "replace"))
        margin = max(0, len(kept) - _MOST_SHOWN)
        before = masked(kept[:margin].decode("utf-8", "replace"))
        shown = masked(kept.decode("utf-8", "replace"))[len(before) :]
        return f"({left_out + margin} bytes before this are left out)\n{shown}"

    def finish(self) -> None:
        """Waits until the pipe ends and closes it."""
        self._thread.join(_SECONDS_TO_CLOSE)
        if not self._thread.is_alive():
            self._source.close()

    def _record(self) -> None:
        descriptor = self._source.fileno()
        while part := os.read(descriptor, _AT_ONCE):
            with self._lock:
                self._kept += part
                self._count += len(part)
                del self._kept[: -(_MOST_SHOWN + _MARGIN)]
