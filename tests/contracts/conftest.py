"""Servers for the tests: the mock, the mock behind a recording proxy, and a server with scripted answers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import pytest

from workerkit.contracts.target.target import Target
from workerkit.mockserver.server.server import WorldServer
from workerkit.mockserver.worlds.snapshot import snapshot_of
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.mockserver.worlds.worlds import DEFAULT, Worlds
from workerkit.openapi.spec.api import Api
from workerkit.openapi.spec.dialect import dialect_of

MakeTarget = Callable[..., Target]


@pytest.fixture
def mock_target() -> Iterator[MakeTarget]:
    """Makes targets. Each target is a new mock with the default world. `api` is the spec of the mock."""
    running: list[WorldServer] = []

    def make(api: Api | None = None) -> Target:
        worlds = Worlds()
        builder = WorldBuilder(seed=1, spec=api.document) if api else WorldBuilder(seed=1)
        world = worlds.add(DEFAULT, builder).world
        server = WorldServer(worlds).__enter__()
        running.append(server)
        account = next(iter(world.accounts))
        keys = ("server-01-key", "server-02-key", "server-03-key")
        return Target(server.base_url, *keys, account_id=account)

    yield make
    for server in running:
        server.__exit__(None, None, None)


@dataclass
class ScriptedServer:
    """A server that gives the same answer to every request. A test can change the answer at any time.

    status: the status of the answer. With 0, the server closes the connection without an answer.
    received: method, path and API key of all requests so far.
    """

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b"{}"
    received: list[tuple[str, str, str | None]] = field(default_factory=list)
    base_url: str = ""


@pytest.fixture
def scripted() -> Iterator[ScriptedServer]:
    server_state = ScriptedServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def answer(self) -> None:
            server_state.received.append((self.command, self.path, self.headers.get("X-API-Key")))
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if not server_state.status:
                self.close_connection = True
                return
            self.send_response(server_state.status)
            for name, value in server_state.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(server_state.body)))
            self.end_headers()
            self.wfile.write(server_state.body)

        do_GET = do_POST = do_PUT = answer

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    server_state.base_url = f"http://127.0.0.1:{server.server_port}/api/v1/worker"
    yield server_state
    server.shutdown()
    thread.join()
    server.server_close()


_KEYS = ("server-01-key", "server-02-key", "server-03-key")
_STATE = ("servers", "requests", "accounts", "tasks", "logs")


@dataclass(frozen=True)
class ReceivedRequest:
    """A request that the proxy received, and the status of its answer."""

    method: str
    path: str
    key: str | None
    body: bytes
    status: int


@dataclass
class WatchedMock:
    """A mock with the default world, behind a proxy that keeps all requests.

    base_url: the address of the proxy.
    worlds: the worlds of the mock.
    received: all requests so far.
    changed: is notified after each request.
    """

    base_url: str
    worlds: Worlds
    received: list[ReceivedRequest] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def wait_for(self, wanted: Callable[[ReceivedRequest], bool]) -> None:
        """Waits until a wanted request has come."""
        with self.changed:
            assert self.changed.wait_for(lambda: any(map(wanted, self.received)), timeout=120)

    @property
    def target(self) -> Target:
        return Target(self.base_url, *_KEYS)

    @property
    def world(self) -> Any:
        return self.worlds.world(DEFAULT)

    def state(self) -> dict[str, Any]:
        """The state of the world, without the clock and the journal."""
        whole_state = snapshot_of(self.worlds.director(DEFAULT))
        return {name: whole_state[name] for name in _STATE}

    def tasks_of(self, request: str, server: str = "server-01") -> list[str]:
        """The ids of a server's tasks that belong to a customer's request."""
        tasks = self.world.tasks.values()
        return [task.id for task in tasks if task.server == server and task.request.name == request]


@contextmanager
def _watched(choices: Mapping[str, str] | None = None) -> Iterator[WatchedMock]:
    """A watched mock that runs until the `with` block ends. `choices` are the values of its dialect."""
    worlds = Worlds()
    worlds.add(DEFAULT, WorldBuilder(seed=1, dialect=dialect_of(choices or {})))
    with WorldServer(worlds) as mock:
        watched_mock = WatchedMock("", worlds)
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(watched_mock, urlsplit(mock.base_url).netloc))
        watched_mock.base_url = f"http://127.0.0.1:{server.server_port}/api/v1/worker"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield watched_mock
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


def _handler(watched_mock: WatchedMock, upstream: str) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def setup(self) -> None:
            super().setup()
            self.upstream = HTTPConnection(upstream)

        def finish(self) -> None:
            self.upstream.close()
            super().finish()

        def forward(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.upstream.request(self.command, self.path, body, dict(self.headers))
            answer = self.upstream.getresponse()
            content = answer.read()
            with watched_mock.changed:
                key = self.headers.get("X-API-Key")
                watched_mock.received.append(
                    ReceivedRequest(self.command, self.path, key, body, answer.status)
                )
                watched_mock.changed.notify_all()
            self.send_response_only(answer.status)
            for name, value in answer.getheaders():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = do_OPTIONS = forward

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler


@pytest.fixture
def watched() -> Callable[..., AbstractContextManager[WatchedMock]]:
    """Starts watched mocks: `with watched(choices) as watch`."""
    return _watched
