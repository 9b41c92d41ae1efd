"""Runs the mock as an HTTP server in a thread of this process."""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import Future
from types import TracebackType
from typing import Any, TypeVar

import uvicorn

from workerkit.mockserver.docs_page.docs_app import PAGE_PATH
from workerkit.mockserver.http.host_name import canonical_host, is_loopback
from workerkit.mockserver.inspector.inspector_app import INSPECTOR_PATH
from workerkit.mockserver.platform.event_loop import new_event_loop
from workerkit.mockserver.server.address import MockAddress
from workerkit.mockserver.server.app import MockApp
from workerkit.mockserver.server.port import Port
from workerkit.mockserver.server.protocol import Protocol
from workerkit.mockserver.server.threads import check_threads
from workerkit.mockserver.server.tls import TlsFiles
from workerkit.mockserver.worlds.world_expiry import WorldExpiry
from workerkit.mockserver.worlds.worlds import Worlds
from workerkit.openapi.errors import CannotRunError, UsageError
from workerkit.openapi.spec.api import control_api, worker_api

T = TypeVar("T")
Background = Callable[[], Coroutine[Any, Any, None]]
_log = logging.getLogger("workerkit.mockserver")
_BACKLOG = 2048
_SECONDS_TO_FINISH = 5
_SECONDS_BETWEEN_CHECKS = 0.005


class CannotListenError(CannotRunError, OSError):
    """The mock cannot listen on an address, for example if it is in use. The message names the address."""


class TokenNeededError(UsageError, ValueError):
    """Other machines could reach the control plane, so it needs a token."""


class WorldServer:
    """An HTTP server for worlds. Use it in a `with` block: the server runs until the block ends.

    worlds: the worlds. Only the thread of the server may use them: see `run_in_server_thread`.
    host: the address to listen on.
    port: the port; 0 chooses a free one.
    token: the control token, with at least 16 characters; None if the control plane needs no token.
    expiry: removes worlds that nobody uses; None keeps all worlds.
    background: runs in the event loop of the server until the server stops; saves the worlds, for example.
    tls: the files for https; None for http.
    address: where workers reach the mock, if that differs from `host`.
    origins: web pages of these origins, for example `http://localhost:3000`, may use the Worker API.

    Raises TokenNeededError if other machines could reach the control plane without a token.
    Raises UnfitTokenError, BadOriginError and CannotListenError.
    """

    def __init__(
        self,
        worlds: Worlds,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        token: str | None = None,
        expiry: WorldExpiry | None = None,
        background: Background | None = None,
        tls: TlsFiles | None = None,
        address: MockAddress | None = None,
        origins: Sequence[str] = (),
    ) -> None:
        check_threads()
        host = canonical_host(host)
        if token is None and not is_loopback(host):
            raise TokenNeededError(
                f"{host} can be reached from other machines: give a control token of at least 16 characters, "
                "with --control-token-file. More: workerkit docs how-to/containers"
            )
        self.worlds = worlds
        self.tls = tls
        self._address = address
        self._app = MockApp(worlds, host=host, token=token, origins=origins)
        self._socket = listening_socket(host, port)
        self.host, self.port = host, int(self._socket.getsockname()[1])
        self._server = _Server(_uvicorn_config(self._app, tls), expiry, background)
        self._closable_port = Port(self._server)
        self._thread = threading.Thread(target=self._run, name="workerkit-mock", daemon=True)

    @property
    def origin(self) -> str:
        """The URL with scheme, host and port, for example `http://127.0.0.1:8080`."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'http' if self.tls is None else 'https'}://{host}:{self.port}"

    @property
    def base_url(self) -> str:
        """The URL of the Worker API for workers. It ends in `/api/v1/worker`."""
        public = self._address.origin(self.port) if self._address is not None else None
        return (public or self.origin) + worker_api().base_path

    @property
    def control_url(self) -> str:
        """The URL of the control plane. It ends in `/_mock`."""
        return self.origin + control_api().base_path

    @property
    def docs_url(self) -> str:
        """The URL of the page that shows the Worker API and can send requests."""
        return self.origin + PAGE_PATH

    @property
    def inspector_url(self) -> str:
        """The URL of the page that shows the worlds while workers use them."""
        return self.origin + INSPECTOR_PATH

    def close_port(self, seconds: float) -> None:
        """Lets the port refuse connections for some time. Call this in the thread of the server."""
        self._closable_port.close_for(seconds)

    def run_in_server_thread(self, function: Callable[[], T]) -> T:
        """Calls a function in the thread of the server, between two requests. Returns its result."""
        result: Future[T] = Future()

        def call() -> None:
            try:
                result.set_result(function())
            except BaseException as error:
                result.set_exception(error)

        self._server.loop.call_soon_threadsafe(call)
        return result.result()

    def __enter__(self) -> WorldServer:
        self._thread.start()
        self._server.ready.wait()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.run_in_server_thread(self._app.events.close)
        self.run_in_server_thread(self._closable_port.release)
        self.run_in_server_thread(self._server.stop)
        self._thread.join()
        self._socket.close()

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=new_event_loop) as runner:
            runner.run(self._server.serve(sockets=[self._socket]))


class _Server(uvicorn.Server):
    """A uvicorn server that stops without pauses, and aborts all remaining connections when it stops.

    ready: is set when the server accepts connections.
    loop: the event loop of the server.
    """

    def __init__(
        self, config: uvicorn.Config, expiry: WorldExpiry | None, background: Background | None
    ) -> None:
        super().__init__(config)
        self._expiry, self._background = expiry, background
        self.ready = threading.Event()
        self.loop: asyncio.AbstractEventLoop
        self._stopped: asyncio.Event

    def stop(self) -> None:
        """Makes the server stop. Call this in the thread of the server."""
        self._stopped.set()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.loop, self._stopped = asyncio.get_running_loop(), asyncio.Event()
        if self._expiry is not None:
            self._remove_expired_worlds(self._expiry)
        if self._background is not None:
            self._background_task = self.loop.create_task(self._background())
        self.ready.set()

    def _remove_expired_worlds(self, expiry: WorldExpiry) -> None:
        """Removes them now, and again and again as long as the loop runs."""
        expiry.check(self.loop.time())
        self.loop.call_later(expiry.seconds_to_next_check, self._remove_expired_worlds, expiry)

    async def main_loop(self) -> None:
        await self.on_tick(0)  # prepares the headers of all answers
        await self._stopped.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for listener in (*self.servers, *(sockets or ())):
            listener.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        await self._finish_answers()
        for task in self.server_state.tasks:
            task.cancel()
        for connection in list(self.server_state.connections):
            connection.transport.abort()  # the event loop does not end while a connection has unsent bytes
        await asyncio.sleep(0)

    async def _finish_answers(self) -> None:
        deadline = self.loop.time() + _SECONDS_TO_FINISH
        state = self.server_state
        if state.connections or state.tasks:
            _log.debug("waiting for connections to end")
        # uvicorn does not report the end of a connection.
        while (state.connections or state.tasks) and self.loop.time() < deadline:  # noqa: ASYNC110
            await asyncio.sleep(_SECONDS_BETWEEN_CHECKS)


def _uvicorn_config(app: MockApp, tls: TlsFiles | None) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=Protocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,  # answers contain only times of the world's clock
        proxy_headers=False,
        timeout_keep_alive=60,
        ssl_certfile=None if tls is None else tls.certificate,
        ssl_keyfile=None if tls is None else tls.key,
    )


def listening_socket(host: str, port: int) -> socket.socket:
    """A socket that listens on an address. Port 0 chooses a free port. Raises CannotListenError."""
    host = canonical_host(host)
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        raise CannotListenError(f"cannot listen on {host}:{port}: {error.strerror or error}") from None
