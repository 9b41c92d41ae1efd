"""Writes capsule files."""

from __future__ import annotations

from math import floor

from workerkit.mockserver.capsules.file.body import BodyNames, block, scalar
from workerkit.mockserver.capsules.file.capsule import Capsule, Ending, Recorded
from workerkit.mockserver.capsules.file.form import VERSION
from workerkit.openapi.exchange import Exchange, Headers
from workerkit.openapi.formats.timestamp import written_in_milliseconds


class CapsuleText:
    """The text of a capsule's file, part by part: a head, then each exchange as it ends."""

    def __init__(self, began: float) -> None:
        self._began = floor(began * 1000) / 1000
        self._names = BodyNames()

    def head(self, capsule: Capsule) -> str:
        """How the file begins; no exchange is in it. `exchanges` is the last key."""
        lines = [f"capsule: {VERSION}\n", f"began: {written_in_milliseconds(self._began)}\n"]
        for key in ("upstream", "expected", "scenario"):
            if getattr(capsule, key):
                lines.append(f"{key}: {scalar(getattr(capsule, key))}\n")
        if capsule.notes:
            lines.append("notes:\n")
            lines.extend(f"  - {scalar(note)}\n" for note in capsule.notes)
        if capsule.world is not None:
            lines.append(f"world: |\n{block(capsule.world, '')}")
        return "".join([*lines, "exchanges:\n"])

    def exchange(self, recorded: Recorded) -> str:
        """One exchange, an item of the list."""
        exchange = recorded.exchange
        lines = [
            f"  - at: {max(0.0, exchange.began - self._began):.6f}\n",
            f"    took: {max(0.0, exchange.ended - exchange.began):.6f}\n",
        ]
        if recorded.ending is not Ending.WHOLE:
            lines.append(f"    ending: {recorded.ending}\n")
        for key in ("server", "why"):
            if getattr(exchange, key):
                lines.append(f"    {key}: {scalar(getattr(exchange, key))}\n")
        return "".join([*lines, *self._request(exchange), *self._answer(exchange)])

    def _request(self, exchange: Exchange) -> list[str]:
        lines = [
            f"    request:\n      method: {scalar(exchange.method)}\n",
            f"      path: {scalar(exchange.path)}\n",
        ]
        if exchange.query:
            lines.append(f"      query: {scalar(exchange.query)}\n")
        return [*lines, *self._message(exchange.request_headers, exchange.request_body)]

    def _answer(self, exchange: Exchange) -> list[str]:
        if exchange.status is None:
            return []
        status = f"    answer:\n      status: {exchange.status}\n"
        return [status, *self._message(exchange.answer_headers, exchange.answer_body)]

    def _message(self, headers: Headers, body: bytes) -> list[str]:
        told = f"      headers: {scalar([list(header) for header in headers])}\n"
        return [told, "      body:", *self._names.written(body, " " * 8)] if body else [told]


def capsule_text(capsule: Capsule) -> str:
    """The whole file of a capsule."""
    writer = CapsuleText(capsule.began)
    by_end = sorted(capsule.recorded, key=lambda each: each.exchange.ended)
    return writer.head(capsule) + "".join(map(writer.exchange, by_end))
