"""HTTP on the socket, as uvicorn speaks it, with the API's form of error for what is no HTTP."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from workerkit.mockserver.http.connection import EXTENSION, Connection
from workerkit.mockserver.server.app import MockApp
from workerkit.mockserver.server.plain_request import PlainReader
from workerkit.openapi.formats.strict_json import render
from workerkit.openapi.spec.api import worker_api

_BODY = render({"success": False, "error": "bad_request"})
_ANSWER = (
    b"HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\ncontent-length: %d\r\n"
    b"connection: close\r\n\r\n%s" % (len(_BODY), _BODY)
)
_READER = PlainReader(worker_api())


class Protocol(HttpToolsProtocol):
    """Answers bytes that are no HTTP request with 400 in JSON and closes the connection.

    A wish to upgrade, which some clients add to every request, is read over as HTTP allows: the parser would
    take the body for the other protocol's. A request's scope has the `Connection` that it came by among its
    extensions.

    A plain request to the Worker API that comes while nothing else is under way is answered at once, in one
    piece, where no fault and no scenario may have a say. For all others uvicorn starts a task of the
    application. Both ways meet in `WorkerApp`.
    """

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._worker = cast(MockApp, self.config.app).worker
        self._held = b""
        self._is_parsing = False
        self._answered_at = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._connection = Connection(transport, self.flow)
        self._extensions: dict[str, dict[object, object]] = {EXTENSION: {"wire": self._connection}}

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._unset_keepalive_if_required()
        self._connection.lost()

    def shutdown(self) -> None:
        self._parse(self._taken())
        super().shutdown()
        self._connection.stop()

    def data_received(self, data: bytes) -> None:
        if not self._is_at_rest():
            self._parse(data)
            return
        held, data = self._held, self._taken() + data
        request = _READER.read(data)
        answer = self._worker.answer_at_once(request) if request is not None else None
        if answer is not None:
            self.transport.write(answer.on_the_wire())
            self._rest()
        elif not held and _READER.lacks_body(data):
            self._hold(data)
        else:
            self._parse(data)

    def timeout_keep_alive_handler(self) -> None:
        left = self._answered_at + self.timeout_keep_alive - self.loop.time()
        if left > 0:
            self.timeout_keep_alive_task = self.loop.call_later(left, self.timeout_keep_alive_handler)
        else:
            super().timeout_keep_alive_handler()

    def on_message_begin(self) -> None:
        self._is_parsing = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        if not self.parser.should_upgrade():
            self.scope["extensions"] = self._extensions
            super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._is_parsing = False
        if not self.parser.should_upgrade():
            super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        self.transport.write(_ANSWER)
        self.transport.close()

    def _is_at_rest(self) -> bool:
        """Whether all that came was answered, and the client has taken the answers."""
        answered = self.cycle is None or (self.cycle.response_complete and not self.pipeline)
        return answered and not self._is_parsing and not self.flow.write_paused

    def _rest(self) -> None:
        """Waits for the next request. A timer for each would cost too much: the one there is looks again."""
        self._answered_at = self.loop.time()
        self.server_state.total_requests += 1
        if self.timeout_keep_alive_task is None:
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )

    def _hold(self, data: bytes) -> None:
        """Keeps a head until more comes: many clients send the body after it."""
        self._unset_keepalive_if_required()
        self._held = data

    def _taken(self) -> bytes:
        held, self._held = self._held, b""
        return held

    def _parse(self, data: bytes) -> None:
        self._unset_keepalive_if_required()
        try:
            while data:
                data = self._feed(data)
        except httptools.HttpParserError:
            self.send_400_response("")

    def _feed(self, data: bytes) -> bytes:
        """Parses the data; returns what is still to be parsed."""
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            return self._head_without_upgrade() + data[upgrade.args[0] :]
        return b""

    def _head_without_upgrade(self) -> bytes:
        method, version = self.parser.get_method(), self.parser.get_http_version().encode()
        if method == b"CONNECT":
            raise httptools.HttpParserError("there is nothing to connect to")
        headers = [b"%s: %s\r\n" % header for header in self.headers if header[0] != b"upgrade"]
        self.parser = httptools.HttpRequestParser(self)
        return b"%s %s HTTP/%s\r\n%s\r\n" % (method, self.url, version, b"".join(headers))
