"""A careful worker with one weakness: `--weak-at` says at which requests, and `--does` what it does there.

The other options are those of careful.py. The weakness shows only if such a request meets trouble. To run it:
`python -m tests.workers.careless --weak-at completion --does believe`
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from collections.abc import Iterator
from typing import Never

from tests.workers.careful import (
    TIMEOUT,
    Api,
    Clock,
    Json,
    RefusedError,
    StoppedError,
    TemporaryError,
    Worker,
    read_style,
)

WEAKNESSES = {
    "crash": "the process crashes",
    "end": "the worker exits, as if nothing were left to do",
    "drop": "the worker takes the trouble for a refusal, and drops the task",
    "fail": "the worker reports the task as failed",
    "wait": "the worker waits for an answer without a limit",
    "hurry": "the worker crashes if an answer takes longer than a fifth of a second",
}
_BY_PATH = {"/health": "heartbeat", "/logs": "logs", "/callback/link/complete": "completion"}
_BY_STATUS = {"running": "running", "completed": "completion", "failed": "failure", "pending": "requeue"}
_LONG, _SHORT = 600.0, 0.2


class CarelessApi(Api):
    """Sends requests like a careful worker, except for one kind of request."""

    def __init__(self, clock: Clock, weak_at: str, weakness: str) -> None:
        super().__init__(clock)
        self._weak_at = weak_at
        self._weakness = weakness

    def send(self, method: str, path: str, body: Json | None = None) -> Json:
        """Sends a request once. At a temporary error of the chosen kind of request, the weakness shows."""
        is_weak = self._weak_at in kinds_of(path, body)
        self._set_timeout(_LONG if is_weak and self._weakness == "wait" else TIMEOUT)
        began = time.monotonic()
        try:
            answer = super().send(method, path, body)
        except TemporaryError as error:
            if not is_weak:
                raise
            return self._react(path, body, error)
        if is_weak and self._weakness == "hurry" and time.monotonic() - began > _SHORT:
            self._exit(1)
        return answer

    def _set_timeout(self, seconds: float) -> None:
        connection = self._connection()
        connection.timeout = seconds
        if connection.sock is not None:
            connection.sock.settimeout(seconds)

    def _react(self, path: str, body: Json | None, error: TemporaryError) -> Json:
        if self._weakness == "drop":
            raise RefusedError(str(error))
        if self._weakness == "fail":
            return super().send("PUT", "/tasks/bulk", {"items": list(_failed(path, body or {}))})
        return self._exit(0 if self._weakness == "end" else 1)

    def _exit(self, code: int) -> Never:
        """Ends the process, also if this is not its main thread."""
        sys.stderr.write(f"{self._weakness} at {self._weak_at}\n")
        sys.stderr.flush()
        os._exit(code)


def kinds_of(path: str, body: Json | None) -> set[str]:
    """Returns what a request asks, by the words of `workerkit.openapi.asked`."""
    if path.startswith("/tasks?"):
        return {"later-page" if "&after=" in path or "&page=" in path else "first-page"}
    if path in _BY_PATH:
        return {_BY_PATH[path]}
    return {_BY_STATUS.get(update["status"], "") for update in _updates(body or {})}


def _updates(body: Json) -> list[Json]:
    updates: list[Json] = body.get("items", [body])
    return updates


def _failed(path: str, body: Json) -> Iterator[Json]:
    for update in _updates(body):
        task = update.get("link_id", path.rpartition("/")[2])
        yield {"link_id": task, "status": "failed", "error_message": "The result could not be sent"}


def main() -> None:
    """Runs the worker."""
    parser = argparse.ArgumentParser(description=__doc__, add_help=False)
    parser.add_argument("--weak-at", required=True)
    parser.add_argument("--does", choices=WEAKNESSES, required=True)
    weakness, style = parser.parse_known_args()
    clock = Clock()
    signal.signal(signal.SIGTERM, clock.stop)
    try:
        Worker(read_style(style), CarelessApi(clock, weakness.weak_at, weakness.does), clock).run()
    except StoppedError:
        sys.exit(0)


if __name__ == "__main__":
    main()
