"""The mock as a target, and a server that answers as a test tells it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from workerkit.contracts.target import Target
from workerkit.mockserver.founding import Founder
from workerkit.mockserver.server import MockServer
from workerkit.mockserver.worlds import DEFAULT, Worlds
from workerkit.openapi.api import Api

MakeTarget = Callable[..., Target]


@pytest.fixture
def mock_target() -> Iterator[MakeTarget]:
    """Makes targets, each a fresh mock with the default world; `api` is another spec for it."""
    running: list[MockServer] = []

    def make(api: Api | None = None) -> Target:
        worlds = Worlds()
        founder = Founder(seed=1, spec=api.document) if api else Founder(seed=1)
        world = worlds.add(DEFAULT, founder).world
        server = MockServer(worlds).__enter__()
        running.append(server)
        account = next(iter(world.accounts))
        keys = ("server-01-key", "server-02-key", "server-03-key")
        return Target(server.base_url, *keys, account_id=account)

    yield make
    for each in running:
        each.__exit__(None, None, None)


@dataclass
class Scripted:
    """A server that answers every request alike, and keeps what came: `(method, path, api key)`."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b"{}"
    seen: list[tuple[str, str, str | None]] = field(default_factory=list)
    base_url: str = ""


@pytest.fixture
def scripted() -> Iterator[Scripted]:
    script = Scripted()

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
