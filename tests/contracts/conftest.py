"""The mock as a target, watched on the wire or not, and a server that answers as a test tells it."""

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
from workerkit.mockserver.server.server import MockServer
from workerkit.mockserver.worlds.snapshot import snapshot
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.mockserver.worlds.worlds import DEFAULT, Worlds
from workerkit.openapi.spec.api import Api
from workerkit.openapi.spec.dialect import dialect_of

MakeTarget = Callable[..., Target]


@pytest.fixture
def mock_target() -> Iterator[MakeTarget]:
    """Makes targets, each a fresh mock with the default world; `api` is another spec for it."""
    running: list[MockServer] = []

    def make(api: Api | None = None) -> Target:
        worlds = Worlds()
        builder = WorldBuilder(seed=1, spec=api.document) if api else WorldBuilder(seed=1)
        world = worlds.add(DEFAULT, builder).world
        server = MockServer(worlds).__enter__()
        running.append(server)
        account = next(iter(world.accounts))
        keys = ("server-01-key", "server-02-key", "server-03-key")
        return Target(server.base_url, *keys, account_id=account)

    yield make
    for each in running:
        each.__exit__(None, None, None)


@dataclass
class ScriptedAnswerError:
    """A server that answers every request alike, and keeps what came: `(method, path, api key)`."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b"{}"
    seen: list[tuple[str, str, str | None]] = field(default_factory=list)
    base_url: str = ""


@pytest.fixture
def scripted() -> Iterator[ScriptedAnswerError]:
    script = ScriptedAnswerError()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def answer(self) -> None:
            script.seen.append((self.command, self.path, self.headers.get("X-API-Key")))
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if not script.status:
                self.close_connection = True
                return
            self.send_response(script.status)
            for name, value in script.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(script.body)))
            self.end_headers()
            self.wfile.write(script.body)

        do_GET = do_POST = do_PUT = answer

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    script.base_url = f"http://127.0.0.1:{server.server_port}/api/v1/worker"
    yield script
    server.shutdown()
    thread.join()
    server.server_close()


_KEYS = ("server-01-key", "server-02-key", "server-03-key")
_STATE = ("servers", "requests", "accounts", "tasks", "logs")


@dataclass(frozen=True)
class Seen:
    """A request as it came over the wire, and the status that it was answered with."""

    method: str
    path: str
    key: str | None
    body: bytes
    status: int


@dataclass
class Watched:
    """A mock with the default world in a dialect, and everything that was asked of it."""

    base_url: str
    worlds: Worlds
    seen: list[Seen] = field(default_factory=list)
    news: threading.Condition = field(default_factory=threading.Condition)

    def wait_for(self, wanted: Callable[[Seen], bool]) -> None:
        """Returns when such a request has come."""
        with self.news:
            assert self.news.wait_for(lambda: any(map(wanted, self.seen)), timeout=120)

    @property
    def target(self) -> Target:
        return Target(self.base_url, *_KEYS)

    @property
    def world(self) -> Any:
        return self.worlds.world(DEFAULT)

    def state(self) -> dict[str, Any]:
        """The whole state, without the clock and the journal."""
        taken = snapshot(self.worlds.director(DEFAULT))
        return {name: taken[name] for name in _STATE}

    def tasks_of(self, request: str, server: str = "server-01") -> list[str]:
        """The ids of a server's tasks that belong to a request."""
        tasks = self.world.tasks.values()
        return [task.id for task in tasks if task.server == server and task.request.name == request]


@contextmanager
def _watched(choices: Mapping[str, str] | None = None) -> Iterator[Watched]:
    """A watched mock until the end of `with`; the choices are those of its dialect."""
    worlds = Worlds()
    worlds.add(DEFAULT, WorldBuilder(seed=1, dialect=dialect_of(choices or {})))
    with MockServer(worlds) as mock:
        watch = Watched("", worlds)
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(watch, urlsplit(mock.base_url).netloc))
        watch.base_url = f"http://127.0.0.1:{server.server_port}/api/v1/worker"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield watch
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


def _handler(watch: Watched, upstream: str) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def setup(self) -> None:
            super().setup()
            self.upstream = HTTPConnection(upstream)

        def finish(self) -> None:
            self.upstream.close()
            super().finish()

        def pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.upstream.request(self.command, self.path, body, dict(self.headers))
            answer = self.upstream.getresponse()
            content = answer.read()
            with watch.news:
                key = self.headers.get("X-API-Key")
                watch.seen.append(Seen(self.command, self.path, key, body, answer.status))
                watch.news.notify_all()
            self.send_response_only(answer.status)
            for name, value in answer.getheaders():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = do_OPTIONS = pass_on

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler


@pytest.fixture
def watched() -> Callable[..., AbstractContextManager[Watched]]:
    """Makes mocks with the default world, each behind a proxy that keeps what went over the wire."""
    return _watched
