"""A proxy that passes all bytes on unchanged, except the Host header, and reports each exchange."""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
import time
from collections.abc import Callable
from functools import partial

from workerkit.mockserver.capsules.http.client import Address
from workerkit.mockserver.capsules.http.framing import Framer, Head, NotHttpError
from workerkit.mockserver.capsules.record.exchange_assembler import ExchangeAssembler, ExchangeListener
from workerkit.mockserver.http.connection import reset_on_close
from workerkit.mockserver.http.trusted_certificates import tls_context
from workerkit.openapi.errors import WorkerkitError

_HOST_HEADER = re.compile(rb"(?im)^host:[^\r\n]*")
_SECONDS_BETWEEN_CHECKS = 0.001
_SECONDS_TO_FLUSH = 5.0
# The first two bytes of a TLS connection: a handshake, and the major version.
_BEGIN_OF_TLS = b"\x16\x03"
_WRONG_TARGET_TEXT = (
    "This proxy records one server only: send a path as the request target, not a complete URL\n"
)
_TLS_TEXT = "a client speaks TLS, but the recorder speaks plain HTTP: begin the base URL with http://"
_BAD_REQUEST_HEAD = (
    "HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain\r\ncontent-length: {}\r\nconnection: close\r\n\r\n"
)
_BAD_GATEWAY_HEAD = (
    "HTTP/1.1 502 Bad Gateway\r\ncontent-type: text/plain\r\ncontent-length: {}\r\nconnection: close\r\n\r\n"
)


class _WrongTargetError(WorkerkitError, ValueError):
    """The request is for another server or for a tunnel."""


class Proxy:
    """Passes requests on to one server, and the answers back to the client.

    upstream: the address of the server. Requests never go to another server.
    listener: is called with each exchange when it ends.
    print_line: is called with a message when the server cannot be reached.

    Only the Host header changes. A reset, a closed connection and a missing answer look the same to the
    client as without the proxy. If the server's certificate is not trusted, the proxy sends nothing to the
    server. The client gets status 502, and the body contains the message for `print_line`.
    """

    def __init__(
        self,
        upstream: Address,
        listener: ExchangeListener,
        print_line: Callable[[str], None] = lambda line: None,
    ) -> None:
        self.upstream = upstream
        self._print_line = print_line
        self._last_failure = ""
        self._saw_tls = False
        self.tls_context = tls_context() if upstream.tls else None
        self._listener = listener
        self._clock_offset = time.time() - time.monotonic()
        self._connections: set[ProxiedConnection] = set()

    async def serve(
        self, listening: socket.socket, stop: asyncio.Event, ready: Callable[[], None] = lambda: None
    ) -> None:
        """Serves on a socket until `stop` is set. Then it ends all open exchanges.

        ready: is called when the proxy accepts connections.
        """
        server = await asyncio.get_running_loop().create_server(self._accept, sock=listening)
        ready()
        await stop.wait()
        server.close()
        for connection in list(self._connections):
            connection.end()
        await asyncio.sleep(0)

    def _accept(self) -> asyncio.Protocol:
        connection = ProxiedConnection(self, ExchangeAssembler(self._listener, self._now))
        self._connections.add(connection)
        return ClientSide(connection)

    def forget(self, connection: ProxiedConnection) -> None:
        """Removes a connection that has ended."""
        self._connections.discard(connection)

    def connection_failed(self, message: str) -> None:
        """Prints why the server cannot be reached, unless the last message was the same."""
        if message != self._last_failure:
            self._print_line(message)
        self._last_failure = message

    def client_speaks_tls(self) -> None:
        """Prints once that a client speaks TLS to the plain port."""
        if not self._saw_tls:
            self._print_line(_TLS_TEXT)
        self._saw_tls = True

    def connection_worked(self) -> None:
        """Forgets the last message, because the server can be reached. So the next failure is printed."""
        self._last_failure = ""

    def _now(self) -> float:
        return self._clock_offset + time.monotonic()


class ProxiedConnection:
    """A client's connection to the proxy, and the proxy's connection to the server for this client."""

    def __init__(self, proxy: Proxy, assembler: ExchangeAssembler) -> None:
        self._proxy = proxy
        self._assembler = assembler
        self._requests = Framer(answers=False)
        self._is_valid_http = self._is_first = True
        self._waiting: list[bytes] = []
        self._client_finished = False
        self._is_over = False
        self.client: asyncio.Transport
        self.server: asyncio.Transport | None = None
        self._task: asyncio.Task[None]

    def client_connected(self, client: asyncio.Transport) -> None:
        """Starts the connection to the server."""
        self.client = client
        self._task = asyncio.get_running_loop().create_task(self._connect())

    def client_sent(self, data: bytes) -> None:
        """Passes bytes of the client on to the server, with another Host header."""
        if not self._is_valid_http:
            self._send(data)
            return
        if self._is_first and data.startswith(_BEGIN_OF_TLS):
            self._proxy.client_speaks_tls()
            self._refuse(f"{_TLS_TEXT}\n")
            return
        self._is_first = False
        outgoing: list[bytes] = []
        try:
            for piece in self._requests.feed(data):
                if piece.head is not None:
                    _check_target(piece.head)
                self._assembler.client_sent(piece)
                outgoing.append(piece.raw if piece.head is None else self._with_host(piece.raw))
        except NotHttpError:
            # Pass invalid HTTP on, so that the client sees how the server answers it.
            self._is_valid_http = False
            self._assembler.client_garbled()
            outgoing.append(self._requests.unread)
        except _WrongTargetError:
            self._refuse(_WRONG_TARGET_TEXT)
        self._send(b"".join(outgoing))

    def server_sent(self, data: bytes) -> None:
        """Passes bytes of the server on to the client."""
        self.client.write(data)
        self._assembler.server_sent(data)

    def client_finished(self) -> None:
        """Tells the server that the client will send nothing more."""
        self._assembler.client_stopped()
        self._client_finished = True
        if self.server is not None and self.server.can_write_eof():
            self.server.write_eof()

    def client_lost(self, *, reset: bool) -> None:
        """Ends the connection to the server in the same way as the client ended its own."""
        self._assembler.client_stopped()
        if self.server is None:
            self._task.cancel()
        elif reset:
            _reset(self.server)
        else:
            self.server.close()
        self._finish(reset=False)

    def server_lost(self, *, reset: bool) -> None:
        """Ends the connection to the client in the same way as the server ended its own."""
        self._finish(reset=reset)
        if reset:
            _reset_when_sent(self.client, time.monotonic() + _SECONDS_TO_FLUSH)
        else:
            self.client.close()

    def end(self) -> None:
        """Ends both connections at once."""
        self._assembler.client_stopped()
        for transport in (self.client, self.server):
            if transport is not None:
                transport.abort()
        self._task.cancel()
        self._finish(reset=False)

    def _finish(self, *, reset: bool) -> None:
        if not self._is_over:
            self._is_over = True
            self._assembler.connection_ended(reset=reset)
            self._proxy.forget(self)

    async def _connect(self) -> None:
        upstream, loop = self._proxy.upstream, asyncio.get_running_loop()
        try:
            await loop.create_connection(
                partial(ServerSide, self),
                upstream.name,
                upstream.port,
                ssl=self._proxy.tls_context,
                server_hostname=upstream.name if upstream.tls else None,
            )
        except OSError as error:
            self._connection_failed(error)

    def _connection_failed(self, error: OSError) -> None:
        message = self._proxy.upstream.failure_message(error)
        self._proxy.connection_failed(message)
        self._finish(reset=True)
        if isinstance(error, ssl.SSLError):
            body = f"workerkit record: {message}\n".encode()
            self.client.write(_BAD_GATEWAY_HEAD.format(len(body)).encode() + body)
            self.client.close()
        else:
            _reset(self.client)

    def server_connected(self, server: asyncio.Transport) -> None:
        """Sends the server what the client has sent so far."""
        self.server = server
        self._proxy.connection_worked()
        for data in self._waiting:
            server.write(data)
        self._waiting.clear()
        if self._client_finished and server.can_write_eof():
            server.write_eof()

    def _send(self, data: bytes) -> None:
        if not data:
            return
        if self.server is None:
            self._waiting.append(data)
        else:
            self.server.write(data)

    def _refuse(self, text: str) -> None:
        body = text.encode()
        self.client.write(_BAD_REQUEST_HEAD.format(len(body)).encode() + body)
        self.client.close()

    def _with_host(self, raw: bytes) -> bytes:
        return _HOST_HEADER.sub(b"Host: " + self._proxy.upstream.host.encode(), raw)


class ClientSide(asyncio.Protocol):
    """The asyncio protocol of the connection to the client."""

    def __init__(self, connection: ProxiedConnection) -> None:
        self._connection = connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The client has connected."""
        self._connection.client_connected(transport)  # type: ignore[arg-type]

    def data_received(self, data: bytes) -> None:
        """The client has sent bytes."""
        self._connection.client_sent(data)

    def eof_received(self) -> bool:
        """The client will send nothing more. Returns True to keep the connection open for the answer."""
        self._connection.client_finished()
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection to the client has ended."""
        self._connection.client_lost(reset=exc is not None)

    def pause_writing(self) -> None:
        """The client is slow. Stops reading from the server until the client is ready again."""
        if self._connection.server is not None:
            self._connection.server.pause_reading()

    def resume_writing(self) -> None:
        """The client is ready again. Continues to read from the server."""
        if self._connection.server is not None:
            self._connection.server.resume_reading()


class ServerSide(asyncio.Protocol):
    """The asyncio protocol of the connection to the server."""

    def __init__(self, connection: ProxiedConnection) -> None:
        self._connection = connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The proxy has connected to the server."""
        self._connection.server_connected(transport)  # type: ignore[arg-type]

    def data_received(self, data: bytes) -> None:
        """The server has sent bytes."""
        self._connection.server_sent(data)

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection to the server has ended."""
        self._connection.server_lost(reset=exc is not None)

    def pause_writing(self) -> None:
        """The server is slow. Stops reading from the client until the server is ready again."""
        self._connection.client.pause_reading()

    def resume_writing(self) -> None:
        """The server is ready again. Continues to read from the client."""
        self._connection.client.resume_reading()


def _check_target(head: Head) -> None:
    """Raises _WrongTargetError unless the request is for a path of the server."""
    if head.line[0].upper() == "CONNECT" or not head.line[1].startswith("/"):
        raise _WrongTargetError


def _reset(transport: asyncio.Transport) -> None:
    """Ends a connection with a TCP reset."""
    # If the socket is closing, another connection may already have its file descriptor.
    if not transport.is_closing():
        reset_on_close(_socket(transport))
    transport.abort()


def _reset_when_sent(transport: asyncio.Transport, deadline: float) -> None:
    """Resets a connection when all data is sent, or at `deadline` on the monotonic clock."""
    if not transport.get_write_buffer_size() or transport.is_closing() or time.monotonic() > deadline:
        _reset(transport)
    else:
        loop = asyncio.get_running_loop()
        loop.call_later(_SECONDS_BETWEEN_CHECKS, _reset_when_sent, transport, deadline)


def _socket(transport: asyncio.Transport) -> socket.socket:
    found: socket.socket = transport.get_extra_info("socket")
    return found
