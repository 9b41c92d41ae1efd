"""A client that works on the socket, so that tests see each byte and the end of the connection."""

from __future__ import annotations

import asyncio
import json
import queue
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import requests

from workerkit.mockserver.server.server import WorldServer
from workerkit.mockserver.world.active_fault import ActiveFault
from workerkit.mockserver.world.entities import Task
from workerkit.mockserver.world.journal import JournalNote, as_exchange
from workerkit.mockserver.world.world import World
from workerkit.mockserver.worlds.add_fault import add_described_fault
from workerkit.openapi.exchange import Exchange

AddTask = Callable[..., Task]
Call = Callable[..., requests.Response]
T = TypeVar("T")
_Test = Callable[..., None]

BASE_PATH = "/api/v1/worker"
SECONDS = 120
CLOCK_TOLERANCE = 0.9  # the event loop of the server rounds times to milliseconds
TESTED_FAULTS: set[str] = set()


def covers_fault(kind: str) -> Callable[[_Test], _Test]:
    """Marks the test that shows what a fault does. Each fault must have such a test."""

    def mark(test: _Test) -> _Test:
        TESTED_FAULTS.add(kind)
        return test

    return mark


@dataclass(frozen=True)
class ReceivedAnswer:
    """Everything that a client received for one request.

    data: all bytes.
    end: how the connection ended: `closed`, `reset`, or `silence` if the client stopped waiting.
    seconds: the time from the request to the end.
    """

    data: bytes
    end: str
    seconds: float

    @property
    def status(self) -> int:
        return int(self.data.split(b" ", 2)[1])

    @property
    def headers(self) -> dict[str, str]:
        head = self.data.partition(b"\r\n\r\n")[0].decode().split("\r\n")[1:]
        return dict(line.split(": ", 1) for line in head)

    @property
    def body(self) -> bytes:
        return self.data.partition(b"\r\n\r\n")[2]

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class FaultClient:
    """Adds faults to a world, sends requests to it, and reads the answers byte by byte."""

    def __init__(self, mock: WorldServer, world: World, key: str) -> None:
        self.mock, self.world, self.key = mock, world, key
        self._ended: queue.Queue[Exchange] = queue.Queue()
        self.run_in_server_thread(lambda: world.journal.add_listener(self._note_end))

    def _note_end(self, kept: Exchange | JournalNote) -> None:
        self._ended.put(as_exchange(kept))

    def run_in_server_thread(self, function: Callable[[], T]) -> T:
        """Calls a function in the thread of the server."""
        return self.mock.run_in_server_thread(function)

    def add_fault(self, kind: str, **parameters: Any) -> ActiveFault:
        """Adds a fault to the world."""
        return self.run_in_server_thread(
            lambda: add_described_fault(self.world, {"fault": kind, **parameters})
        )

    def clear_faults(self) -> None:
        """Removes all faults from the world."""
        self.run_in_server_thread(self.world.faults.clear)

    def open_connection(
        self, method: str, path: str, body: Any = None, *, close: bool = True
    ) -> socket.socket:
        """Opens a connection and sends a request. The caller reads the answer."""
        connection = socket.create_connection((self.mock.host, self.mock.port), timeout=SECONDS)
        connection.sendall(self.request_bytes(method, path, body, close=close))
        return connection

    def request_bytes(self, method: str, path: str, body: Any = None, *, close: bool = False) -> bytes:
        """A request as HTTP/1.1 bytes. `close` adds the header `Connection: close`."""
        data = b"" if body is None else json.dumps(body).encode()
        lines = f"Host: mock.example\r\nX-API-Key: {self.key}\r\nContent-Length: {len(data)}\r\n"
        head = f"{method} {BASE_PATH}{path} HTTP/1.1\r\n{lines}"
        return head.encode() + (b"Connection: close\r\n" if close else b"") + b"\r\n" + data

    def send(self, method: str, path: str, body: Any = None, *, patience: float = SECONDS) -> ReceivedAnswer:
        """Sends a request on a new connection and reads until the connection ends.

        patience: how many seconds to wait for each part of the answer.
        """
        began = time.monotonic()
        with self.open_connection(method, path, body) as connection:
            connection.settimeout(patience)
            parts: list[bytes] = []
            end = ""
            while not end:
                try:
                    parts.append(connection.recv(65536))
                    end = "" if parts[-1] else "closed"
                except ConnectionResetError:
                    end = "reset"
                except TimeoutError:
                    end = "silence"
        return ReceivedAnswer(b"".join(parts), end, time.monotonic() - began)

    def next_ended_exchange(self) -> Exchange:
        """The next exchange that has ended, from the journal. Waits for it."""
        return self._ended.get(timeout=SECONDS)

    def count_server_tasks(self) -> int:
        """The number of asyncio tasks in the server."""
        return self.run_in_server_thread(lambda: len(asyncio.all_tasks()))

    def wait_for_first_exchange(self) -> None:
        """Waits until the journal has an exchange."""
        while not self.run_in_server_thread(lambda: self.world.journal.count):
            pass

    def wait_for_server_tasks(self, count: int) -> None:
        """Waits until the server has at most `count` asyncio tasks.

        Each check lets the event loop of the server run once.
        """
        for _ in range(10_000):
            if self.count_server_tasks() <= count:
                return
        raise AssertionError(f"the server has {self.count_server_tasks()} tasks, but it should have {count}")


def update_request(task: Task, status: str = "running") -> tuple[str, str, dict[str, str]]:
    """The method, path and body of an update of a task."""
    return "PUT", f"/tasks/{task.id}", {"status": status}


def bulk_request(tasks: list[Task]) -> tuple[str, str, Any]:
    """The method, path and body of a bulk update that sets tasks to running."""
    return "PUT", "/tasks/bulk", {"items": [{"link_id": task.id, "status": "running"} for task in tasks]}
