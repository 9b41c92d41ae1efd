"""A client's connection below HTTP: its end, its bytes, and waiting for as long as the client is there."""

from __future__ import annotations

import asyncio
import fcntl
import socket
import struct
import termios
from contextlib import suppress

from uvicorn.protocols.http.flow_control import FlowControl

from workerkit.openapi.errors import WorkerkitError

EXTENSION = "workerkit.wire"
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
_LONGEST_PAUSE = 365 * 86_400.0
_SECONDS_BETWEEN_LOOKS = 0.001


class ConnectionLostError(WorkerkitError):
    """The client went away before its answer was complete."""


class Connection:
    """One connection. `lost` and `stop` are for the protocol, which learns of these first.

    One answer at a time is on it, and so at most one who waits.
    """

    def __init__(self, transport: asyncio.Transport, flow: FlowControl) -> None:
        self._transport = transport
        self._flow = flow
        self._is_lost = False
        self._is_stopping = False
        self._waiter: asyncio.Future[None] | None = None

    def cut_unsent(self) -> None:
        """Ends the connection at once where something has not left yet, which is dropped."""
        if self._transport.get_write_buffer_size():
            self._transport.abort()

    def lost(self) -> None:
        """The connection is gone."""
        self._is_lost = True
        self._wake()

    def stop(self) -> None:
        """The server is about to stop: nothing is to be held up any longer."""
        self._is_stopping = True
        self._wake()

    def check(self) -> None:
        """Raises Lost where the client is gone."""
        if self._is_lost:
            raise ConnectionLostError

    async def pause(self, seconds: float | None) -> None:
        """Waits so long, without end for None; less where the server stops. Raises Lost."""
        # Who does not read does not see the client leave either.
        self._flow.resume_reading()
        loop = asyncio.get_running_loop()
        deadline = None if seconds is None else loop.time() + min(seconds, _LONGEST_PAUSE)
        with suppress(TimeoutError):
            while not (self._is_lost or self._is_stopping):
                await self._something(deadline)
        self.check()

    def write(self, data: bytes) -> None:
        """Puts bytes on the connection as they are. Raises Lost."""
        self.check()
        self._transport.write(data)

    async def flush(self) -> None:
        """Waits until the client's machine has all that was written, or the server stops. Raises Lost."""
        loop = asyncio.get_running_loop()
        while self._is_underway() and not self._is_stopping:
            with suppress(TimeoutError):
                await self._something(loop.time() + _SECONDS_BETWEEN_LOOKS)
        self.check()

    def _is_underway(self) -> bool:
        """Whether bytes are on their way; nothing tells of it when the last of them arrives."""
        if self._transport.is_closing():
            return False
        waiting = fcntl.ioctl(self._socket().fileno(), termios.TIOCOUTQ, bytes(4))
        return self._transport.get_write_buffer_size() > 0 or waiting != bytes(4)

    def _socket(self) -> socket.socket:
        connection: socket.socket = self._transport.get_extra_info("socket")
        return connection

    async def reset(self) -> None:
        """Ends the connection by a TCP reset; what has not left yet is dropped."""
        # The number of a socket that is closing may already be another's.
        if not self._transport.is_closing():
            reset_on_close(self._socket())
            self._transport.abort()
        await self._gone()

    async def close(self) -> None:
        """Ends the connection in good order, after all that was written."""
        self._transport.close()
        await self._gone()

    async def _gone(self) -> None:
        while not self._is_lost:
            if self._is_stopping:
                self._transport.abort()
            await self._something(None)

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def _something(self, deadline: float | None) -> None:
        """Waits until the connection is lost or the server to stop. Raises TimeoutError."""
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout_at(deadline):
                await self._waiter
        finally:
            self._waiter = None


def reset_on_close(connection: socket.socket) -> None:
    """Lets the peer see a reset, and no end, when the connection is closed."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
