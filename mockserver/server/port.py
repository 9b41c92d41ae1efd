"""The port of a running mock. It can refuse connections for some time, as during a deployment."""

from __future__ import annotations

import asyncio
import os
import socket
from functools import partial

import uvicorn

from workerkit.mockserver.server.protocol import Protocol


class Port:
    """A port that listens, or that refuses connections for some time.

    All methods run in the thread of the server, while the server runs.
    """

    def __init__(self, server: uvicorn.Server) -> None:
        self._server = server
        self._reserved: socket.socket | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._opening: asyncio.Future[None] | None = None

    def close_for(self, seconds: float) -> None:
        """Refuses connections for some time. If the port is closed already, the time begins again.

        Open connections are closed: at once, or after the answer that is being sent.
        """
        if self._timer is None:
            self._reserved = self._close()
        else:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(seconds, self._open)

    def release(self) -> None:
        """Gives up the port if it is closed. The server must be about to stop."""
        if self._timer is not None:
            self._timer.cancel()
        if self._reserved is not None:
            self._reserved.close()

    def _close(self) -> socket.socket:
        """Closes the listening socket and all connections. Returns a socket that keeps the port.

        This socket is bound and does not listen, so the system refuses all connections to the port.
        """
        (listening,) = self._server.servers[0].sockets
        reserved, address = socket.socket(listening.family, socket.SOCK_STREAM), listening.getsockname()
        # On Windows, this option would let another program take the port.
        if os.name == "posix":
            reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._server.servers.pop().close()
        reserved.bind(address)
        for connection in list(self._server.server_state.connections):
            connection.shutdown()
        return reserved

    def _open(self) -> None:
        self._timer = None
        self._opening = asyncio.ensure_future(self._listen())

    async def _listen(self) -> None:
        config, reserved = self._server.config, self._reserved
        assert reserved is not None
        protocol = partial(
            Protocol,
            config=config,
            server_state=self._server.server_state,
            app_state=self._server.lifespan.state,
        )
        loop = asyncio.get_running_loop()
        listener = await loop.create_server(protocol, sock=reserved, backlog=config.backlog, ssl=config.ssl)
        self._reserved = None
        self._server.servers.append(listener)
