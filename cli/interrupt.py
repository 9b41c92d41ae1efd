"""What Ctrl-C does: it ends the command with exit code 130, without a traceback."""

from __future__ import annotations

import os
import signal
from types import FrameType

INTERRUPTED = 130


def exit_on_interrupt() -> None:
    """From now on, Ctrl-C ends the process at once, for example while it imports its modules.

    If somebody else handles Ctrl-C or ignores it, this changes nothing.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _exit)


def raise_on_interrupt() -> None:
    """After `exit_on_interrupt`: Ctrl-C raises KeyboardInterrupt again, so that the command can clean up."""
    if signal.getsignal(signal.SIGINT) is _exit:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _exit(number: int, frame: FrameType | None) -> None:
    os._exit(INTERRUPTED)
