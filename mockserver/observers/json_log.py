"""Writes events of the worlds and log messages as lines of JSON, for log collectors."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO

from workerkit.mockserver.observers.event_stream import event_as_json
from workerkit.mockserver.world.world import World
from workerkit.mockserver.worlds.worlds import ExchangeOrChange, Worlds
from workerkit.openapi.formats.strict_json import render
from workerkit.openapi.formats.timestamp import time_text_in_milliseconds
from workerkit.openapi.formats.visible_text import visible_json

_LOGGERS = ("workerkit", "uvicorn")
_FIELDS = {
    "exchange": ("world", "number", "operation", "server", "method", "path", "query", "status", "why"),
    "change": ("world", "kind", "id", "field", "was", "now", "by"),
}


class JsonLog(logging.Handler):
    """Writes one JSON object for each event, on its own line, without secrets.

    Each object has `time` (UTC), `level`, `event`, and further fields for its event:

    - `exchange`: the request, the status of the answer, `ms` (the duration on the world's clock), and `why`
      (the reason of a refusal).
    - `change`: the entity that changed, its field, the old and the new value.
    - `message`: a log message of the program.

    If a line cannot be written, it is skipped.
    """

    def __init__(self, file: TextIO, now: Callable[[], float] = time.time) -> None:
        super().__init__()
        self._file, self._now = file, now

    def write_event(self, world: World, item: ExchangeOrChange) -> None:
        """Writes an exchange or a change. Use this as subscriber of `Worlds`."""
        event, data = event_as_json(world, item)
        fields = {name: data[name] for name in _FIELDS[event]}
        if event == "exchange":
            fields["ms"] = round(data["seconds"] * 1000, 3)
        is_failure = event == "exchange" and not (data["status"] or 500) < 400
        self._write("warning" if is_failure else "info", event, fields)

    def emit(self, record: logging.LogRecord) -> None:
        """Writes a log message of the program."""
        self._write(record.levelname.lower(), "message", {"message": self.format(record)})

    def _write(self, level: str, event: str, fields: dict[str, Any]) -> None:
        now = time_text_in_milliseconds(self._now())
        line = render({"time": now, "level": level, "event": event, **fields})
        with suppress(OSError):
            self._file.write(visible_json(line).decode() + "\n")
            self._file.flush()


@contextmanager
def log_as_json(worlds: Worlds, file: TextIO) -> Iterator[None]:
    """Writes the exchanges and changes of all worlds, and log messages, to a file during the `with` block."""
    log = JsonLog(file)
    loggers = [logging.getLogger(name) for name in _LOGGERS]
    for logger in loggers:
        logger.addHandler(log)
    worlds.subscribe(log.write_event)
    try:
        yield
    finally:
        worlds.unsubscribe(log.write_event)
        for logger in loggers:
            logger.removeHandler(log)
