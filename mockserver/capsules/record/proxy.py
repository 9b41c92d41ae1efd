"""A proxy that passes bytes through as they are, and hears what they say."""

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
from workerkit.mockserver.capsules.record.exchange_assembler import ExchangeAssembler, Listener
from workerkit.mockserver.http.connection import reset_on_close
from workerkit.mockserver.http.trusted_certificates import tls
from workerkit.openapi.errors import WorkerkitError

_HOST = re.compile(rb"(?im)^host:[^\r\n]*")
_SECONDS_BETWEEN_LOOKS = 0.001
_SECONDS_TO_FLUSH = 5.0
_REFUSAL = (
    b"HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain\r\ncontent-length: 63\r\nconnection: close\r\n\r\n"
    b"This is a recorder of one server: send paths, no whole address\n"
)


_BAD_GATEWAY = (
    "HTTP/1.1 502 Bad Gateway\r\ncontent-type: text/plain\r\ncontent-length: {}\r\nconnection: close\r\n\r\n"
)


class _NotHereError(WorkerkitError, ValueError):
    """The request is for another server, or for a tunnel to one."""


class Proxy:
    """Serves on an address what a server elsewhere answers; `listener` hears of each exchange as it ends.

    `tell` gets a sentence where the server cannot be reached. One whose certificate is not trusted is sent
    nothing; the client gets 502 with the sentence.

    Nothing but the Host header is changed on the way, and requests go to that server only. A reset, a close
    and silence are passed on as what they are.
    """

    def __init__(
        self, upstream: Address, listener: Listener, tell: Callable[[str], None] = lambda line: None
    ) -> None:
        self.upstream = upstream
        self._tell = tell
        self._trouble = ""
        self.context = tls() if upstream.tls else None
        self._listener = listener
        self._base = time.time() - time.monotonic()
        self._connections: set[ProxiedConnection] = set()

    async def serve(
        self, listening: socket.socket, ended: asyncio.Event, ready: Callable[[], None] = lambda: None
    ) -> None:
        """Serves on a socket until `ended` is set; exchanges that are under way then end so.

        Calls `ready` when it answers.
        """
        server = await asyncio.get_running_loop().create_server(self._accept, sock=listening)
        ready()
        await ended.wait()
        server.close()
        for connection in list(self._connections):
            connection.end()
        await asyncio.sleep(0)

    def _accept(self) -> asyncio.Protocol:
        connection = ProxiedConnection(self, ExchangeAssembler(self._listener, self._now))
        self._connections.add(connection)
        return ClientSide(connection)

    def forget(self, connection: ProxiedConnection) -> None:
        """A connection is over."""
        self._connections.discard(connection)

    def trouble(self, told: str) -> None:
        """The server cannot be reached, which is said once until it can be again; "" where it can."""
        if told and told != self._trouble:
            self._tell(told)
        self._trouble = told

    def _now(self) -> float:
        return self._base + time.monotonic()


class ProxiedConnection:
    """A client's connection, and the one to the server that belongs to it."""

    def __init__(self, proxy: Proxy, tape: ExchangeAssembler) -> None:
        self._proxy = proxy
        self._tape = tape
        self._requests = Framer(answers=False)
        self._is_understood = True
        self._waiting: list[bytes] = []
        self._said_all = False
        self._is_over = False
        self.client: asyncio.Transport
        self.server: asyncio.Transport | None = None
        self._task: asyncio.Task[None]

    def opened(self, client: asyncio.Transport) -> None:
        """The client is there."""
        self.client = client
        self._task = asyncio.get_running_loop().create_task(self._connect())

    def asked(self, data: bytes) -> None:
        """The client sent this."""
        if not self._is_understood:
            self._send(data)
            return
        understood: list[bytes] = []
        try:
            for piece in self._requests.feed(data):
                if piece.head is not None:
                    _check(piece.head)
                self._tape.asked(piece)
                understood.append(piece.raw if piece.head is None else self._with_host(piece.raw))
        except NotHttpError:
            # What the client's HTTP is worth, the server is to say.
            self._is_understood = False
            understood.append(self._requests.rest)
        except _NotHereError:
            self.client.write(_REFUSAL)
            self.client.close()
        self._send(b"".join(understood))

    def answered(self, data: bytes) -> None:
        """The server sent this."""
        self.client.write(data)
        self._tape.answered(data)

    def said_all(self) -> None:
        """The client will send no more."""
        self._tape.gave_up()
        self._said_all = True
        if self.server is not None and self.server.can_write_eof():
            self.server.write_eof()

    def client_lost(self, *, reset: bool) -> None:
        """The client is gone."""
        self._tape.gave_up()
        if self.server is None:
            self._task.cancel()
        elif reset:
            _reset(self.server)
        else:
            self.server.close()
        self._over(reset=False)

    def server_lost(self, *, reset: bool) -> None:
        """The server is gone: the client is to see it as it was."""
        self._over(reset=reset)
        if reset:
            _reset_when_sent(self.client, time.monotonic() + _SECONDS_TO_FLUSH)
        else:
            self.client.close()

    def end(self) -> None:
        """Ends both sides at once."""
        self._tape.gave_up()
        for transport in (self.client, self.server):
            if transport is not None:
                transport.abort()
        self._task.cancel()
        self._over(reset=False)

    def _over(self, *, reset: bool) -> None:
        if not self._is_over:
            self._is_over = True
            self._tape.ended(reset=reset)
            self._proxy.forget(self)

    async def _connect(self) -> None:
        upstream, loop = self._proxy.upstream, asyncio.get_running_loop()
        try:
            await loop.create_connection(
                partial(ServerSide, self),
                upstream.name,
                upstream.port,
                ssl=self._proxy.context,
                server_hostname=upstream.name if upstream.tls else None,
            )
        except OSError as error:
            self._refused(error)

    def _refused(self, error: OSError) -> None:
        """No connection to the server was made: nothing was sent."""
        told = self._proxy.upstream.trouble(error)
        self._proxy.trouble(told)
        self._over(reset=True)
        if isinstance(error, ssl.SSLError):
            body = f"workerkit record: {told}\n".encode()
            self.client.write(_BAD_GATEWAY.format(len(body)).encode() + body)
            self.client.close()
        else:
            _reset(self.client)

    def connected(self, server: asyncio.Transport) -> None:
        """The server is there: it gets what was said so far."""
        self.server = server
        self._proxy.trouble("")
        for data in self._waiting:
            server.write(data)
        self._waiting.clear()
        if self._said_all and server.can_write_eof():
            server.write_eof()

    def _send(self, data: bytes) -> None:
        if not data:
            return
        if self.server is None:
            self._waiting.append(data)
        else:
            self.server.write(data)

    def _with_host(self, raw: bytes) -> bytes:
        return _HOST.sub(b"Host: " + self._proxy.upstream.host.encode(), raw)


class ClientSide(asyncio.Protocol):
    """The side on which the client is."""

    def __init__(self, connection: ProxiedConnection) -> None:
        self._connection = connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._connection.opened(transport)  # type: ignore[arg-type]

    def data_received(self, data: bytes) -> None:
        self._connection.asked(data)

    def eof_received(self) -> bool:
        self._connection.said_all()
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        self._connection.client_lost(reset=exc is not None)

    def pause_writing(self) -> None:
        if self._connection.server is not None:
            self._connection.server.pause_reading()

    def resume_writing(self) -> None:
        if self._connection.server is not None:
            self._connection.server.resume_reading()


class ServerSide(asyncio.Protocol):
    """The side on which the server is."""

    def __init__(self, connection: ProxiedConnection) -> None:
        self._connection = connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._connection.connected(transport)  # type: ignore[arg-type]

    def data_received(self, data: bytes) -> None:
        self._connection.answered(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self._connection.server_lost(reset=exc is not None)

    def pause_writing(self) -> None:
        self._connection.client.pause_reading()

    def resume_writing(self) -> None:
        self._connection.client.resume_reading()


def _check(head: Head) -> None:
    """Raises _NotHere unless the request is for a path of the server."""
    if head.line[0].upper() == "CONNECT" or not head.line[1].startswith("/"):
        raise _NotHereError


def _reset(transport: asyncio.Transport) -> None:
    """Ends a connection by a TCP reset."""
    # The number of a socket that is closing may already be another's.
    if not transport.is_closing():
        reset_on_close(_socket(transport))
    transport.abort()


def _reset_when_sent(transport: asyncio.Transport, until: float) -> None:
    """Resets a connection after all that was written has left, or at a time of the monotonic clock."""
    if not transport.get_write_buffer_size() or transport.is_closing() or time.monotonic() > until:
        _reset(transport)
    else:
        loop = asyncio.get_running_loop()
        loop.call_later(_SECONDS_BETWEEN_LOOKS, _reset_when_sent, transport, until)


def _socket(transport: asyncio.Transport) -> socket.socket:
    found: socket.socket = transport.get_extra_info("socket")
    return found
