"""Formats a capsule as the text of a capsule file."""

from __future__ import annotations

from collections.abc import Sequence
from math import floor

from workerkit.mockserver.capsules.file.body import BodyFormatter, json_block, json_line
from workerkit.mockserver.capsules.file.capsule import Capsule, Ending, RecordedExchange
from workerkit.mockserver.capsules.file.file_format import VERSION
from workerkit.openapi.exchange import Exchange, Headers
from workerkit.openapi.formats.steps import Steps, finish
from workerkit.openapi.formats.timestamp import time_text_in_milliseconds


class CapsuleFormatter:
    """Formats a capsule file part by part: first the head, then each exchange.

    The exchanges must come in the order in which they end.
    """

    def __init__(self, began: float) -> None:
        self._began = floor(began * 1000) / 1000
        self._bodies = BodyFormatter()

    def head(self, capsule: Capsule) -> str:
        """The first part of the file. It ends with the key `exchanges` and contains no exchange."""
        lines = [f"capsule: {VERSION}\n", f"began: {time_text_in_milliseconds(self._began)}\n"]
        for key in ("upstream", "expected", "scenario"):
            if getattr(capsule, key):
                lines.append(f"{key}: {json_line(getattr(capsule, key))}\n")
        lines.append(self.notes(capsule.notes))
        if capsule.world is not None:
            lines.append(f"world: |\n{json_block(capsule.world, '')}")
        return "".join([*lines, "exchanges:\n"])

    def complete(self, *, count: int | None) -> str:
        """The key `complete`: how many exchanges the file has. `count` is None if some may be missing.

        It may be before or after the exchanges.
        """
        return f"complete: {'false' if count is None else count}\n"

    def notes(self, notes: Sequence[str]) -> str:
        """The key `notes`. It may be before or after the exchanges. Empty if there are no notes."""
        return "".join(["notes:\n", *(f"  - {json_line(note)}\n" for note in notes)]) if notes else ""

    def exchange(self, recorded: RecordedExchange) -> str:
        """One exchange as an item of the list `exchanges`."""
        exchange = recorded.exchange
        lines = [
            f"  - at: {max(0.0, exchange.began - self._began):.6f}\n",
            f"    took: {max(0.0, exchange.ended - exchange.began):.6f}\n",
        ]
        if recorded.ending is not Ending.WHOLE:
            lines.append(f"    ending: {recorded.ending}\n")
        for key in ("server", "why"):
            if getattr(exchange, key):
                lines.append(f"    {key}: {json_line(getattr(exchange, key))}\n")
        return "".join([*lines, *self._request(exchange), *self._answer(exchange)])

    def _request(self, exchange: Exchange) -> list[str]:
        lines = [
            f"    request:\n      method: {json_line(exchange.method)}\n",
            f"      path: {json_line(exchange.path)}\n",
        ]
        if exchange.query:
            lines.append(f"      query: {json_line(exchange.query)}\n")
        return [*lines, *self._message(exchange.request_headers, exchange.request_body)]

    def _answer(self, exchange: Exchange) -> list[str]:
        if exchange.status is None:
            return []
        status = f"    answer:\n      status: {exchange.status}\n"
        return [status, *self._message(exchange.answer_headers, exchange.answer_body)]

    def _message(self, headers: Headers, body: bytes) -> list[str]:
        header_line = f"      headers: {json_line([list(header) for header in headers])}\n"
        return [header_line, "      body:", *self._bodies.parts(body, " " * 8)] if body else [header_line]


def capsule_text(capsule: Capsule) -> str:
    """The complete text of a capsule's file."""
    return finish(capsule_text_in_steps(capsule))


def capsule_text_in_steps(capsule: Capsule) -> Steps[str]:
    """Does the work of `capsule_text` in short steps: a step formats one exchange."""
    formatter = CapsuleFormatter(capsule.began)
    by_end = sorted(capsule.recorded, key=lambda recorded: recorded.exchange.ended)
    parts = [formatter.head(capsule)]
    for recorded in by_end:
        parts.append(formatter.exchange(recorded))
        yield
    if capsule.is_complete is not None:
        parts.append(formatter.complete(count=len(by_end) if capsule.is_complete else None))
    return "".join(parts)
