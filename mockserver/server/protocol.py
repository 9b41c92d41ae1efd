"""The HTTP protocol of the mock, based on uvicorn. Invalid HTTP is answered with the API's JSON error."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from workerkit.mockserver.http.connection import EXTENSION, Connection
from workerkit.mockserver.http.headers import BLANKS, has_valid_host
from workerkit.mockserver.server.app import MockApp
from workerkit.mockserver.server.plain_request import PlainRequestParser
from workerkit.openapi.formats.strict_json import render
from workerkit.openapi.spec.api import worker_api

_BODY = render({"success": False, "error": "bad_request"})
_ANSWER = (
    b"HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\ncontent-length: %d\r\n"
    b"connection: close\r\n\r\n%s" % (len(_BODY), _BODY)
)
_PARSER = PlainRequestParser(worker_api())


class Protocol(HttpToolsProtocol):
    """Handles one client connection.

    Bytes that are not HTTP get a 400 answer in JSON, and the connection is closed. Complete requests that
    came before these bytes are answered first. A request needs the header `Host` exactly once; HTTP/1.0 may
    leave it out. Blanks and tabs around the value of a header are not part of the value.

    The header `Upgrade` is ignored, because some clients add it to each request. HTTP allows a server to
    ignore it. Otherwise the parser would treat the body as data of another protocol. The scope of a request
    contains its `Connection`.

    A plain request to the Worker API is answered at once, if the connection is idle and no fault or scenario
    could change the answer. For other requests, uvicorn starts a task of the application. Both ways use
    `WorkerApp`.
    """

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._worker_app = cast(MockApp, self.config.app).worker_app
        self._held = b""
        self._is_parsing = False
        self._is_refused = False
        self._owed_answers = 0
        self._incomplete: RequestResponseCycle | None = None
        self._answered_at = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._connection = Connection(transport, self.flow)
        self._extensions: dict[str, dict[object, object]] = {EXTENSION: {"connection": self._connection}}

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._unset_keepalive_if_required()
        if exc is not None:
            self._connection.set_ended_by_client(exc)
        self._connection.set_lost()

    def eof_received(self) -> None:
        super().eof_received()
        self._connection.set_ended_by_client()

    def shutdown(self) -> None:
        self._parse(self._take_held())
        super().shutdown()
        self._connection.set_stopping()

    def data_received(self, data: bytes) -> None:
        if self._is_refused:
            return
        if not self._is_idle():
            self._parse(data)
            return
        held, data = self._held, self._take_held() + data
        request = _PARSER.parse(data)
        answer = self._worker_app.answer_directly(request) if request is not None else None
        if answer is not None:
            self.transport.write(answer.to_http_bytes())
            self._connection.expect_delivery(self._worker_app.note_undelivered)
            self._wait_for_next_request()
        elif not held and _PARSER.lacks_body(data):
            self._hold(data)
        else:
            self._parse(data)

    def timeout_keep_alive_handler(self) -> None:
        remaining = self._answered_at + self.timeout_keep_alive - self.loop.time()
        if remaining > 0:
            self.timeout_keep_alive_task = self.loop.call_later(remaining, self.timeout_keep_alive_handler)
        else:
            super().timeout_keep_alive_handler()

    def on_message_begin(self) -> None:
        """The parser calls this at the start of a request."""
        self._is_parsing = True
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        """The parser calls this for each header."""
        super().on_header(name, value.strip(BLANKS))

    def on_headers_complete(self) -> None:
        """The parser calls this after the head. If the head asks for an upgrade, `_feed` parses it again."""
        if self.parser.should_upgrade():
            return
        if not has_valid_host(self.headers, self.parser.get_http_version()):
            raise httptools.HttpParserError("the request must have the header Host exactly once")
        self.scope["extensions"] = self._extensions
        super().on_headers_complete()
        self._incomplete = self.cycle
        self._owed_answers += 1

    def on_message_complete(self) -> None:
        """The parser calls this at the end of a request."""
        self._is_parsing = False
        if not self.parser.should_upgrade():
            super().on_message_complete()
            self._incomplete = None

    def on_response_complete(self) -> None:
        """uvicorn calls this when an answer has been sent."""
        super().on_response_complete()
        self._owed_answers -= 1
        self._end_if_refused()

    def send_400_response(self, msg: str) -> None:
        """Answers 400 with the API's JSON error and closes the connection."""
        self.transport.write(_ANSWER)
        self.transport.close()

    def _is_idle(self) -> bool:
        """Whether all requests are answered and the connection can take more bytes."""
        answered = self.cycle is None or (self.cycle.response_complete and not self.pipeline)
        return answered and not self._is_parsing and not self.flow.write_paused

    def _wait_for_next_request(self) -> None:
        # A new timer for each request would be slow. The existing timer checks `_answered_at` when it fires.
        self._answered_at = self.loop.time()
        self.server_state.total_requests += 1
        if self.timeout_keep_alive_task is None:
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )

    def _hold(self, data: bytes) -> None:
        """Keeps a head until its body comes. Many clients send the body separately."""
        self._unset_keepalive_if_required()
        self._held = data

    def _take_held(self) -> bytes:
        held, self._held = self._held, b""
        return held

    def _parse(self, data: bytes) -> None:
        self._unset_keepalive_if_required()
        try:
            while data:
                data = self._feed(data)
        except httptools.HttpParserError:
            self._refuse()

    def _refuse(self) -> None:
        """The bytes are not HTTP. Answers the complete requests before them, then sends 400."""
        self._is_refused = True
        if self._incomplete is not None:
            self._owed_answers -= 1
        if self.pipeline and self.pipeline[0][0] is self._incomplete:
            self.pipeline.popleft()
        self._end_if_refused()

    def _end_if_refused(self) -> None:
        if self._is_refused and not self._owed_answers and not self.transport.is_closing():
            self.send_400_response("")

    def _feed(self, data: bytes) -> bytes:
        """Gives data to the parser. Returns the data that must be given to the parser next."""
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            return self._head_without_upgrade() + data[upgrade.args[0] :]
        return b""

    def _head_without_upgrade(self) -> bytes:
        method, version = self.parser.get_method(), self.parser.get_http_version().encode()
        if method == b"CONNECT":
            raise httptools.HttpParserError("the mock does not support CONNECT")
        headers = [b"%s: %s\r\n" % header for header in self.headers if header[0] != b"upgrade"]
        self.parser = httptools.HttpRequestParser(self)
        # uvicorn sets this, too: data after a request with `Connection: close` is no error.
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
        return b"%s %s HTTP/%s\r\n%s\r\n" % (method, self.url, version, b"".join(headers))
