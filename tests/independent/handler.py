"""HTTP/1.1 with the standard library. Each connection has its own thread and stays open."""

from __future__ import annotations

import json
import socket
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from tests.independent.api import Api
from tests.independent.call import Answer, Call
from tests.independent.refusal import RefusalError, invalid

BASE = "/api/v1/worker"


class Handler(BaseHTTPRequestHandler):
    server: HttpServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    # With a buffer, head and body are sent together. Without one, each write is sent by itself.
    wbufsize: ClassVar[int] = -1
    server_version = "nginx"
    sys_version = ""

    def respond(self) -> None:
        try:
            call = self._call()
        except RefusalError as refusal:
            self.close_connection = True
            self._send(self.server.api.errors.answer(refusal))
            return
        self._send(self.server.api.answer(call))

    do_GET = do_PUT = do_POST = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = do_TRACE = respond

    def log_message(self, format: str, *args: Any) -> None:
        """Writes nothing to standard error."""

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answers requests that are not HTTP. The base class calls this."""
        self.close_connection = True
        self._send(self.server.api.errors.answer(invalid("invalid_http")))

    def _call(self) -> Call:
        address = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(address.query).items()}
        headers = {name.lower(): value for name, value in reversed(self.headers.items())}
        body = self._body()
        if not address.path.startswith(BASE):
            raise RefusalError(404, "not_found")
        return Call(self.command, address.path.removeprefix(BASE), query, headers, body)

    def _body(self) -> bytes:
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return self._chunks()
        length = self.headers.get("Content-Length", "0")
        if not length.isascii() or not length.isdigit():
            raise invalid("invalid_content_length")
        return self.rfile.read(int(length))

    def _chunks(self) -> bytes:
        body = b""
        while size := self._chunk_size():
            body += self.rfile.read(size)
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return body

    def _chunk_size(self) -> int:
        try:
            return int(self.rfile.readline().partition(b";")[0], 16)
        except ValueError as error:
            raise invalid("invalid_chunk") from error

    def _send(self, answer: Answer) -> None:
        html = isinstance(answer.document, str)
        body = (str(answer.document) if html else json.dumps(answer.document, ensure_ascii=False)).encode()
        if answer.status == HTTPStatus.NO_CONTENT:
            body = b""
        self.send_response(answer.status)
        for name, value in self._headers(answer, html=html).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _headers(self, answer: Answer, *, html: bool) -> dict[str, str]:
        charset = "; charset=utf-8" if self.server.api.choices.charset else ""
        headers = {"Content-Type": ("text/html" if html else "application/json") + charset}
        if answer.allow is not None:
            headers["Allow"] = answer.allow
        if self.close_connection:
            headers["Connection"] = "close"
        return headers


class HttpServer(ThreadingHTTPServer):
    """Listens on 127.0.0.1. Closing the server closes all connections."""

    request_queue_size = 128
    daemon_threads = False

    def __init__(self, port: int, api: Api) -> None:
        self.api = api
        self._open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), Handler)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}{BASE}"

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignores the error: a client has closed its connection."""

    def server_close(self) -> None:
        for connection in list(self._open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue
        super().server_close()
