"""The mock as a server in a thread of this process."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from concurrent.futures import Future
from types import TracebackType
from typing import TypeVar

import uvicorn
import uvloop

from workerkit.mockserver.control.access import is_loopback
from workerkit.mockserver.server.app import MockApp
from workerkit.mockserver.server.protocol import Protocol
from workerkit.mockserver.worlds.worlds import Worlds
from workerkit.openapi.errors import CannotRunError, UsageError
from workerkit.openapi.spec.api import control_api, worker_api

T = TypeVar("T")
_BACKLOG = 2048
_SECONDS_TO_FINISH = 5


class CannotListenError(CannotRunError, OSError):
    """The address is taken or is not this machine's; the message says which."""


class TokenNeededError(UsageError, ValueError):
    """Others than this machine could reach the control plane: it needs a token."""


class MockServer:
    """Serves worlds on an address from a thread of its own, from `with` to its end.

    Port 0 takes a free one. Worlds belong to that thread: others reach them through `ask`. With a `token`, of
    at least 16 characters, the control plane needs it.

    Raises TokenNeeded where others could reach the control plane, UnfitTokenError, CannotListen.
    """

    def __init__(
        self,
        worlds: Worlds,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        token: str | None = None,
    ) -> None:
        if token is None and not is_loopback(host):
            raise TokenNeededError(
                f"{host} can be reached by others: give a control token of at least 16 characters, "
                "as --control-token"
            )
        self.worlds = worlds
        self._app = MockApp(worlds, host=host, token=token)
        self._socket = listening(host, port)
        self.host, self.port = host, int(self._socket.getsockname()[1])
        self._server = _Server(_config(self._app))
        self._thread = threading.Thread(target=self._run, name="workerkit-mock", daemon=True)

    @property
    def origin(self) -> str:
        """Scheme, host and port: `http://127.0.0.1:8080`."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    @property
    def base_url(self) -> str:
        """Where the Worker API is: ends in `/api/v1/worker`."""
        return self.origin + worker_api().base_path

    @property
    def control_url(self) -> str:
        """Where the control plane is: ends in `/_mock`."""
        return self.origin + control_api().base_path

    def ask(self, question: Callable[[], T]) -> T:
        """Calls a function between two requests, in the thread that owns the worlds, and waits for it."""
        answer: Future[T] = Future()

        def put() -> None:
            try:
                answer.set_result(question())
            except BaseException as error:
                answer.set_exception(error)

        self._server.loop.call_soon_threadsafe(put)
        return answer.result()

    def __enter__(self) -> MockServer:
        self._thread.start()
        self._server.ready.wait()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.ask(self._app.events.close)
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(self._server.serve(sockets=[self._socket]))


class _Server(uvicorn.Server):
    """Says when it is ready, and on which loop it runs. In the end it leaves no connection behind."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()
        self.loop: asyncio.AbstractEventLoop

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.loop = asyncio.get_running_loop()
        self.ready.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await super().shutdown(sockets)
        for connection in list(self.server_state.connections):
            connection.transport.abort()  # a loop with something unsent would not end
        await asyncio.sleep(0)


def _config(app: MockApp) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=Protocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,  # the world's clock is the only one in an answer
        proxy_headers=False,
        timeout_keep_alive=60,
        timeout_graceful_shutdown=_SECONDS_TO_FINISH,
    )


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens on an address; port 0 takes a free one. Raises CannotListen."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        raise CannotListenError(f"cannot listen on {host}:{port}: {error.strerror or error}") from None
