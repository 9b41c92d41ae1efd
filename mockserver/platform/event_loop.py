"""The event loop of the mock and of the recorder: uvloop where it is installed, else the loop of asyncio."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable

try:
    import uvloop
except ImportError:  # uvloop does not exist for Windows
    _HAS_UVLOOP = False
else:
    _HAS_UVLOOP = True


def new_event_loop() -> asyncio.AbstractEventLoop:
    """A new loop of uvloop, or of asyncio if uvloop is not installed."""
    return uvloop.new_event_loop() if _HAS_UVLOOP else asyncio.new_event_loop()


def call_at_stop_signal(call: Callable[[], None]) -> None:
    """Calls a function in the running event loop at SIGINT and at SIGTERM. Use this in the main thread."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, call)
        except NotImplementedError:  # the loops of Windows
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(call))
