"""Ten thousand faulted requests, and what is left of them: run it with the number of requests, if any.

Starts a mock of its own on 127.0.0.1, lets eight clients break their requests by every kind of fault in turn,
and then asks: does the server still answer, does it hold more tasks or sockets than before, and how much more
memory (the journals are part of it)? Prints what it found as JSON; exits with 1 where something is left.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import resource
import socket
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

from workerkit.mockserver.server.server import MockServer
from workerkit.mockserver.world.world import World
from workerkit.mockserver.worlds.add_fault import add_described_fault
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.mockserver.worlds.worlds import Worlds
from workerkit.scenarios.faults import FAULTS

REQUESTS = 10_000
CLIENTS = 8
SECONDS = 10.0
TURNS = 100_000
CALM_TURNS = 100
PARAMETERS: dict[str, dict[str, Any]] = {
    "latency-fixed": {"seconds": "1ms"},
    "latency-uniform": {"least": "0s", "most": "2ms"},
    "latency-lognormal": {"median": "1ms", "most": "5ms"},
    "bandwidth": {"rate": 10_000_000},
    "dribble": {"over": "2ms"},
    "skewed-time": {"by": "1h"},
}
LEFT_ALONE = ("hang",)


class Client:
    """Breaks requests of a world of its own, one after the other. `ends` counts how they ended."""

    def __init__(self, mock: MockServer, number: int) -> None:
        self._mock = mock
        self._pick = random.Random(number)
        self._world: World = mock.ask(lambda: mock.worlds.add(f"w{number}", WorldBuilder(seed=number)).world)
        self.ends: Counter[str] = Counter()

    def run(self, requests: int) -> None:
        """Sends so many requests, each with the next kind of fault, and one without a fault.

        Connections are taken in order: when the last one is answered none of the others is still to come.
        """
        kinds = list(FAULTS)
        for number in range(requests):
            kind = kinds[number % len(kinds)]
            self._mock.ask(lambda kind=kind: self._set(kind))  # type: ignore[misc]  # asked before the next one
            self.ends[self._send(leave=kind in LEFT_ALONE)] += 1
        self._mock.ask(self._world.faults.clear)
        self._send(leave=False)

    def _set(self, kind: str) -> None:
        self._world.faults.clear()
        add_described_fault(self._world, {"fault": kind, **PARAMETERS.get(kind, {})})

    def _send(self, *, leave: bool) -> str:
        with socket.create_connection((self._mock.host, self._mock.port), timeout=SECONDS) as connection:
            connection.sendall(self._request())
            if leave:
                return "left"
            try:
                got = b"".join(iter(lambda: connection.recv(65536), b""))
            except ConnectionResetError:
                return "reset"
        return got[9:12].decode() if got.startswith(b"HTTP/1.1 ") else "bytes" if got else "empty"

    def _request(self) -> bytes:
        ids = self._pick.sample(list(self._world.tasks), 3)
        method, path, body = self._pick.choice(
            [
                ("GET", "/tasks?limit=20", None),
                ("POST", "/health", {"ip": "::1"}),
                ("PUT", f"/tasks/{ids[0]}", {"status": "running"}),
                ("PUT", "/tasks/bulk", {"items": [{"link_id": each, "status": "failed"} for each in ids]}),
                ("POST", "/callback/link/complete", {"link_id": ids[0]}),
            ]
        )
        text = b"" if body is None else json.dumps(body).encode()
        key = next(iter(self._world.known_keys()))
        head = f"{method} /api/v1/worker{path} HTTP/1.1\r\nX-API-Key: {key}\r\nConnection: close\r\n"
        return f"{head}Content-Length: {len(text)}\r\n\r\n".encode() + text


def main(requests: int) -> int:
    with MockServer(Worlds()) as mock:
        clients = [Client(mock, number) for number in range(CLIENTS)]
        run_all(clients, CLIENTS * len(FAULTS))
        before = held(mock)
        began = time.monotonic()
        run_all(clients, requests)
        seconds = time.monotonic() - began
        settle(mock, before["tasks"])
        after = held(mock)
        answers = Client(mock, CLIENTS)._send(leave=False) == "200"
    ends = sum((client.ends for client in clients), Counter[str]())
    report = {
        "requests": requests,
        "seconds": round(seconds, 2),
        "ends": ends,
        "before": before,
        "after": after,
    }
    sys.stdout.write(json.dumps({**report, "answers": answers}, indent=2) + "\n")
    left = any(after[what] > before[what] for what in ("tasks", "sockets"))
    return 1 if left or not answers else 0


def run_all(clients: list[Client], requests: int) -> None:
    threads = [threading.Thread(target=client.run, args=(requests // len(clients),)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def held(mock: MockServer) -> dict[str, int]:
    """What the process holds: tasks of the server's loop, open files, memory in MiB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return {
        "tasks": mock.ask(lambda: len(asyncio.all_tasks())),
        "sockets": len(os.listdir("/proc/self/fd")),
        "memory_mib": pages * resource.getpagesize() // 2**20,
    }


def settle(mock: MockServer, tasks: int) -> None:
    """Lets the loop turn until it has had no more tasks than this for a while, but not for ever."""
    calm = 0
    for _ in range(TURNS):
        calm = calm + 1 if mock.ask(lambda: len(asyncio.all_tasks())) <= tasks else 0
        if calm == CALM_TURNS:
            return


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else REQUESTS))
