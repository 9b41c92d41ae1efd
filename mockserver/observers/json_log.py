"""What happens in a mock as lines of JSON, for those who collect logs."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO

from workerkit.mockserver.observers.event_stream import event_json
from workerkit.mockserver.world.world import World
from workerkit.mockserver.worlds.worlds import News, Worlds
from workerkit.openapi.formats.strict_json import render
from workerkit.openapi.formats.timestamp import written_in_milliseconds

_LOGGERS = ("workerkit", "uvicorn")
_CHOSEN = {
    "exchange": ("world", "number", "operation", "server", "method", "path", "query", "status", "why"),
    "change": ("world", "kind", "id", "field", "was", "now", "by"),
}


class JsonLog(logging.Handler):
    """An object a line: `time` (UTC), `level`, `event`, and what belongs to it, without secrets.

    An `exchange` has what was asked and answered, `ms` on the world's clock, and `why` it was refused; a
    `change` what changed; a `message` comes from the program. A file that takes nothing more is passed over.
    """

    def __init__(self, file: TextIO, now: Callable[[], float] = time.time) -> None:
        super().__init__()
        self._file, self._now = file, now

    def hear(self, world: World, news: News) -> None:
        """Writes an exchange or a change of a world; for `Worlds.watch`."""
        event, said = event_json(world, news)
        chosen = {name: said[name] for name in _CHOSEN[event]}
        if event == "exchange":
            chosen["ms"] = round(said["seconds"] * 1000, 3)
        refused = event == "exchange" and not (said["status"] or 500) < 400
        self._write("warning" if refused else "info", event, chosen)

    def emit(self, record: logging.LogRecord) -> None:
        """Writes a message of the program."""
        self._write(record.levelname.lower(), "message", {"message": self.format(record)})

    def _write(self, level: str, event: str, said: dict[str, Any]) -> None:
        time_written = written_in_milliseconds(self._now())
        line = render({"time": time_written, "level": level, "event": event, **said})
        with suppress(OSError):
            self._file.write(line.decode() + "\n")
            self._file.flush()


@contextmanager
def logged_as_json(worlds: Worlds, file: TextIO) -> Iterator[None]:
    """Writes all worlds' exchanges and changes and the program's messages to a file, from here to the end."""
    log = JsonLog(file)
    loggers = [logging.getLogger(name) for name in _LOGGERS]
    for logger in loggers:
        logger.addHandler(log)
    worlds.watch(log.hear)
    try:
        yield
    finally:
        worlds.unwatch(log.hear)
        for logger in loggers:
            logger.removeHandler(log)
