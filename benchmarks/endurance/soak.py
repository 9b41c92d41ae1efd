"""`python -m benchmarks.endurance.soak [REQUESTS]`: sends 10,000 (or REQUESTS) requests that have faults.

Eight clients send requests, with all kinds of faults in turn. At the end the mock must still answer, and must
not have more asyncio tasks or open files than before. Prints a report as JSON. The report also has the
memory, but the memory is not checked, because the journals grow. The exit code is 1 if something is wrong.
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

from workerkit.mockserver.server.server import WorldServer
from workerkit.mockserver.world.world import World
from workerkit.mockserver.worlds.add_fault import add_described_fault
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.mockserver.worlds.worlds import Worlds
from workerkit.scenarios.faults import FAULTS

REQUESTS = 10_000
CLIENTS = 8
SECONDS = 10.0
MAX_CHECKS = 100_000
CALM_CHECKS = 100
PARAMETERS: dict[str, dict[str, Any]] = {
    "latency-fixed": {"seconds": "1ms"},
    "latency-uniform": {"least": "0s", "most": "2ms"},
    "latency-lognormal": {"median": "1ms", "most": "5ms"},
    "bandwidth": {"rate": 10_000_000},
    "dribble": {"over": "2ms"},
    "skewed-time": {"by": "1h"},
}
WITHOUT_ANSWER = ("hang",)


class Client:
    """Sends requests with faults to its own world, one after another. `ends` counts how they ended."""

    def __init__(self, mock: WorldServer, number: int) -> None:
        self._mock = mock
        self._random = random.Random(number)
        self._world: World = mock.run_in_server_thread(
            lambda: mock.worlds.add(f"w{number}", WorldBuilder(seed=number)).world
        )
        self.ends: Counter[str] = Counter()

    def run(self, requests: int) -> None:
        """Sends this number of requests, each with the next kind of fault, and one request without a fault.

        The mock accepts connections in order. So after the last answer, no earlier connection is waiting.
        """
        kinds = list(FAULTS)
        for number in range(requests):
            kind = kinds[number % len(kinds)]
            self._mock.run_in_server_thread(lambda kind=kind: self._set(kind))  # type: ignore[misc]  # runs before `kind` changes
            self.ends[self._send(leave=kind in WITHOUT_ANSWER)] += 1
        self._mock.run_in_server_thread(self._world.faults.clear)
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
                received = b"".join(iter(lambda: connection.recv(65536), b""))
            except ConnectionResetError:
                return "reset"
        if received.startswith(b"HTTP/1.1 "):
            return received[9:12].decode()
        return "bytes" if received else "empty"

    def _request(self) -> bytes:
        ids = self._random.sample(list(self._world.tasks), 3)
        method, path, body = self._random.choice(
            [
                ("GET", "/tasks?limit=20", None),
                ("POST", "/health", {"ip": "::1"}),
                ("PUT", f"/tasks/{ids[0]}", {"status": "running"}),
                (
                    "PUT",
                    "/tasks/bulk",
                    {"items": [{"link_id": task_id, "status": "failed"} for task_id in ids]},
                ),
                ("POST", "/callback/link/complete", {"link_id": ids[0]}),
            ]
        )
        text = b"" if body is None else json.dumps(body).encode()
        key = next(iter(self._world.key_ring.all_keys()))
        head = (
            f"{method} /api/v1/worker{path} HTTP/1.1\r\nHost: a\r\nX-API-Key: {key}\r\nConnection: close\r\n"
        )
        return f"{head}Content-Length: {len(text)}\r\n\r\n".encode() + text


def main(requests: int) -> int:
    """Sends the requests to a mock. Returns the exit code."""
    with WorldServer(Worlds()) as mock:
        clients = [Client(mock, number) for number in range(CLIENTS)]
        run_all(clients, CLIENTS * len(FAULTS))
        before = resources_of(mock)
        began = time.monotonic()
        run_all(clients, requests)
        seconds = time.monotonic() - began
        settle(mock, before["tasks"])
        after = resources_of(mock)
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
    has_more = any(after[name] > before[name] for name in ("tasks", "sockets"))
    return 1 if has_more or not answers else 0


def run_all(clients: list[Client], requests: int) -> None:
    """Sends requests with all clients at the same time.

    requests: the number of requests of all clients together.
    """
    threads = [threading.Thread(target=client.run, args=(requests // len(clients),)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def resources_of(mock: WorldServer) -> dict[str, int]:
    """Returns how many asyncio tasks and open files the process has, and its memory in MiB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return {
        "tasks": mock.run_in_server_thread(lambda: len(asyncio.all_tasks())),
        "sockets": len(os.listdir("/proc/self/fd")),
        "memory_mib": pages * resource.getpagesize() // 2**20,
    }


def settle(mock: WorldServer, tasks: int) -> None:
    """Waits until 100 checks in a row find at most `tasks` asyncio tasks. Gives up after 100,000 checks."""
    calm = 0
    for _ in range(MAX_CHECKS):
        calm = calm + 1 if mock.run_in_server_thread(lambda: len(asyncio.all_tasks())) <= tasks else 0
        if calm == CALM_CHECKS:
            return


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else REQUESTS))
