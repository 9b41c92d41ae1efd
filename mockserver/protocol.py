"""HTTP on the socket, as uvicorn speaks it, with the API's form of error for what is no HTTP."""

from __future__ import annotations

import asyncio

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from workerkit.mockserver.wire import EXTENSION, Wire
from workerkit.openapi.jsontext import render

_BODY = render({"success": False, "error": "bad_request"})
_ANSWER = (
    b"HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\ncontent-length: %d\r\n"
    b"connection: close\r\n\r\n%s" % (len(_BODY), _BODY)
)


class Protocol(HttpToolsProtocol):
    """Answers bytes that are no HTTP request with 400 in JSON and closes the connection.

    A wish to upgrade, which some clients add to every request, is read over as HTTP allows: the parser would
    take the body for the other protocol's. A request's scope has the `Wire` that it came by among its
    extensions.
    """

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wire = Wire(transport, self.flow)
        self._extensions: dict[str, dict[object, object]] = {EXTENSION: {"wire": self._wire}}

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._wire.lost()

    def shutdown(self) -> None:
        super().shutdown()
        self._wire.stop()

    def data_received(self, data: bytes) -> None:
        self._unset_keepalive_if_required()
        try:
            while data:
                data = self._feed(data)
        except httptools.HttpParserError:
            self.send_400_response("")

    def on_headers_complete(self) -> None:
        if not self.parser.should_upgrade():
            self.scope["extensions"] = self._extensions
            super().on_headers_complete()

    def on_message_complete(self) -> None:
        if not self.parser.should_upgrade():
            super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        self.transport.write(_ANSWER)
        self.transport.close()

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
