"""The TCP connection of a client: writes bytes, waits, closes or resets."""

from __future__ import annotations

import asyncio
import socket
import struct
import sys
from collections.abc import Callable
from contextlib import suppress

from starlette.types import Scope
from uvicorn.protocols.http.flow_control import FlowControl

from workerkit.mockserver.platform.unconfirmed_bytes import has_refused_bytes, has_unconfirmed_bytes
from workerkit.openapi.errors import WorkerkitError

EXTENSION = "workerkit.connection"
# The two numbers of `struct linger` are shorter on Windows.
_RESET_ON_CLOSE = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
_LONGEST_PAUSE = 365 * 86_400.0
_POLL_SECONDS = 0.001


class ConnectionLostError(WorkerkitError):
    """The client closed the connection before its answer was complete."""


class Connection:
    """One client connection. The protocol calls `set_lost` and `set_stopping`.

    is_lost: whether the connection has ended.

    A connection has at most one answer at a time, so at most one asyncio task waits for it.
    """

    def __init__(self, transport: asyncio.Transport, flow: FlowControl) -> None:
        self._transport = transport
        self._flow = flow
        self.is_lost = False
        self._note_undelivered: Callable[[], None] | None = None
        self._is_stopping = False
        self._waiter: asyncio.Future[None] | None = None

    def abort_if_unsent(self) -> None:
        """If there are unsent bytes, closes the connection at once and drops these bytes."""
        if self._transport.get_write_buffer_size():
            self._transport.abort()

    def set_lost(self) -> None:
        """The protocol calls this when the connection has ended."""
        self.is_lost = True
        self._wake()

    def set_ended_by_client(self, error: Exception | None = None) -> None:
        """The protocol calls this when the client has closed the connection, and with the error of its end.

        If the client closed the connection before it took the last answer, its machine refused the bytes.
        """
        if self._note_undelivered is None:
            return
        if isinstance(error, ConnectionError) or has_refused_bytes(self._socket()):
            self._note_undelivered()
            self._note_undelivered = None

    def expect_delivery(self, note_undelivered: Callable[[], None]) -> None:
        """Calls the function if it shows that the client did not take the answer that is sent now."""
        self._note_undelivered = note_undelivered
        if self.is_lost:
            note_undelivered()

    def set_stopping(self) -> None:
        """The protocol calls this when the server is about to stop. All waiting ends then."""
        self._is_stopping = True
        self._wake()

    def check(self) -> None:
        """Raises ConnectionLostError if the connection has ended."""
        if self.is_lost:
            raise ConnectionLostError

    async def pause(self, seconds: float | None) -> None:
        """Waits for this time (None: without end), or until the server stops.

        Raises ConnectionLostError.
        """
        # A transport that does not read never notices that the client has closed the connection.
        self._flow.resume_reading()
        loop = asyncio.get_running_loop()
        deadline = None if seconds is None else loop.time() + min(seconds, _LONGEST_PAUSE)
        with suppress(TimeoutError):
            while not (self.is_lost or self._is_stopping):
                await self._wait_for_wake(deadline)
        self.check()

    def write(self, data: bytes) -> None:
        """Writes bytes without any change. Raises ConnectionLostError."""
        self.check()
        self._transport.write(data)

    async def flush(self) -> None:
        """Waits until the client's machine has received all bytes, or until the server stops.

        Raises ConnectionLostError.
        """
        loop = asyncio.get_running_loop()
        while self._has_bytes_underway() and not self._is_stopping:
            with suppress(TimeoutError):
                await self._wait_for_wake(loop.time() + _POLL_SECONDS)
        self.check()

    def _has_bytes_underway(self) -> bool:
        """Whether the client's machine has not yet confirmed all bytes.

        The system does not report the confirmation, so the caller must check again and again. Windows does
        not tell: there, bytes count as confirmed when the system has taken them.
        """
        if self._transport.is_closing():
            return False
        return self._transport.get_write_buffer_size() > 0 or has_unconfirmed_bytes(self._socket())

    def _socket(self) -> socket.socket:
        connection: socket.socket = self._transport.get_extra_info("socket")
        return connection

    async def reset(self) -> None:
        """Ends the connection with a TCP reset. Unsent bytes are dropped."""
        # If the socket is closing, another socket may already have its file descriptor.
        if not self._transport.is_closing():
            reset_on_close(self._socket())
            self._transport.abort()
        await self._wait_until_lost()

    async def close(self) -> None:
        """Sends all written bytes, then closes the connection."""
        self._transport.close()
        await self._wait_until_lost()

    async def _wait_until_lost(self) -> None:
        while not self.is_lost:
            if self._is_stopping:
                self._transport.abort()
            await self._wait_for_wake(None)

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def _wait_for_wake(self, deadline: float | None) -> None:
        """Waits until the connection is lost or the server is about to stop. Raises TimeoutError."""
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout_at(deadline):
                await self._waiter
        finally:
            self._waiter = None


def reset_on_close(connection: socket.socket) -> None:
    """Sets a socket option: when the socket is closed, the client gets a TCP reset (RST, not FIN)."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)


def connection_of(scope: Scope) -> Connection | None:
    """The connection of a request that came through the class `Protocol` in `server/`, else None."""
    connection: Connection | None = scope.get("extensions", {}).get(EXTENSION, {}).get("connection")
    return connection
