"""`python -m benchmarks.endurance.soak`: sends requests with faults for ten minutes. Writes soak.md.

Two clients first fill the journals of their worlds. Then they send requests, with all kinds of faults in
turn. In between they use the control plane: worlds that are made and removed, snapshots, and readers of
events that leave. At the end the mock must still answer, and must not have more asyncio tasks or open files
than before. In the last third of the time its memory may grow by 8 MB at most. The exit code is 1 if
something is wrong.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import random
import resource
import socket
import sys
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from benchmarks.goal import Goal, goal_table, markdown
from benchmarks.machine import Machine
from workerkit.mockserver.server.server import WorldServer
from workerkit.mockserver.world.world import World
from workerkit.mockserver.worlds.add_fault import add_described_fault
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.mockserver.worlds.worlds import DEFAULT, Worlds
from workerkit.scenarios.faults import FAULTS

CLIENTS = 2
SAMPLES = 20
SECONDS = 30.0
MAX_GROWTH_MB = 8.0
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
# All worlds of this mock share its port.
KINDS = [kind for kind, fault in FAULTS.items() if not fault.needs_own_port]
_FOLDER = Path(__file__).parent


class Client:
    """Sends requests with faults to its own world, one after another. `ends` counts how they ended."""

    def __init__(self, mock: WorldServer, number: int) -> None:
        self._mock = mock
        self._random = random.Random(number)
        self._world: World = mock.run_in_server_thread(
            lambda: mock.worlds.add(f"client-{number}", WorldBuilder(seed=number)).world
        )
        self.ends: Counter[str] = Counter()

    def fill_journal(self) -> None:
        """Sends requests without faults until the journal of the world is full."""
        while self._world.journal.dropped == 0:
            self._send(leave=False)

    def run(self, until: float) -> None:
        """Sends requests until this time: with each kind of fault in turn, then one of the control plane.

        The mock accepts connections in order. So after the last answer, no earlier connection is waiting.
        """
        while time.monotonic() < until:
            self.run_once()
        self._mock.run_in_server_thread(self._world.faults.clear)
        self.ends[self._send(leave=False)] += 1

    def run_once(self) -> None:
        """Sends one request with each kind of fault, and some requests to the control plane."""
        for kind in KINDS:
            self._mock.run_in_server_thread(lambda kind=kind: self._set(kind))  # type: ignore[misc]  # runs before `kind` changes
            self.ends[self._send(leave=kind in WITHOUT_ANSWER)] += 1
        self.ends["control"] += 1
        self._use_control_plane()

    def _set(self, kind: str) -> None:
        self._world.faults.clear()
        add_described_fault(self._world, {"fault": kind, **PARAMETERS.get(kind, {})})

    def _use_control_plane(self) -> None:
        connection = http.client.HTTPConnection(self._mock.host, self._mock.port, timeout=SECONDS)
        added = self._call(connection, "POST", "/_mock/worlds", b"{}")
        self._call(connection, "DELETE", f"/_mock/worlds/{json.loads(added)['world']}")
        if self._random.random() < 0.02:
            self._call(connection, "GET", f"/_mock/worlds/{self._world.name}/snapshot")
        connection.request("GET", "/_mock/events")
        connection.getresponse()
        connection.close()

    def _call(
        self, connection: http.client.HTTPConnection, method: str, path: str, body: bytes = b""
    ) -> bytes:
        connection.request(method, path, body or None, {"Content-Type": "application/json"})
        return connection.getresponse().read()

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
                (
                    "POST",
                    "/logs",
                    {"logs": [{"level": "INFO", "message": "m" * self._random.randrange(500)}]},
                ),
                ("POST", "/callback/link/complete", {"link_id": ids[0]}),
            ]
        )
        text = b"" if body is None else json.dumps(body).encode()
        known = next(iter(self._world.key_ring.all_keys()))
        key = known if self._random.random() < 0.95 else f"unknown-{self._random.getrandbits(64):x}"
        head = (
            f"{method} /api/v1/worker{path} HTTP/1.1\r\nHost: a\r\nX-API-Key: {key}\r\nConnection: close\r\n"
        )
        return f"{head}Content-Length: {len(text)}\r\n\r\n".encode() + text


@dataclass(frozen=True, slots=True)
class Sample:
    """What the process has at one time.

    minutes: the time since the begin.
    requests: how many requests were answered since the begin.
    tasks: the number of asyncio tasks.
    files: the number of open files.
    memory: in MB.
    """

    minutes: float
    requests: int
    tasks: int
    files: int
    memory: float

    def row(self) -> list[str]:
        """Returns the row of the table."""
        return [f"{self.minutes:.1f}", f"{self.requests:,}", f"{self.memory:.0f}", str(self.files)]


@click.command()
@click.option("--minutes", default=10.0, show_default=True, help="How long the clients send requests.")
def main(minutes: float) -> None:
    """Sends the requests to a mock, prints the results, and writes them to soak.md."""
    machine = Machine()
    with WorldServer(Worlds()) as mock:
        # Requests with an unknown key go to the world `default`. No client sets faults in it.
        mock.run_in_server_thread(lambda: mock.worlds.add(DEFAULT, WorldBuilder(seed=CLIENTS)))
        clients = [Client(mock, number) for number in range(CLIENTS)]
        for client in clients:
            client.fill_journal()
            client.run_once()
        settle(mock, 1)
        before = _sample(mock, clients, time.monotonic())
        curve = _curve(mock, clients, minutes * 60)
        settle(mock, before.tasks)
        after = _sample(mock, clients, time.monotonic())
        answers = Client(mock, CLIENTS)._send(leave=False) == "200"
    last_third = curve[len(curve) * 2 // 3 :]
    goals = [
        Goal(
            "memory: growth in the last third",
            last_third[-1].memory - last_third[0].memory,
            " MB",
            MAX_GROWTH_MB,
        ),
        Goal("asyncio tasks more than at the begin", after.tasks - before.tasks, "", 0),
        Goal("open files more than at the begin", after.files - before.files, "", 0),
        Goal("answers at the end", float(answers), "", 1, at_least=True),
    ]
    ends = sum((client.ends for client in clients), Counter[str]())
    text = _page(goals, curve, ends, machine.description())
    (_FOLDER / "soak.md").write_text(text, "utf-8")
    click.echo(text)
    sys.exit(not all(goal.is_met for goal in goals))


def _page(goals: Sequence[Goal], curve: Sequence[Sample], ends: Counter[str], machine: str) -> str:
    head = ["minutes", "requests", "memory in MB", "open files"]
    listed = ", ".join(f"{end} {count:,}" for end, count in ends.most_common())
    return (
        "# Soak\n\n"
        f"`python -m benchmarks.endurance.soak`: {CLIENTS} clients send requests with {len(KINDS)} kinds of "
        "faults in turn and use the control plane in between. The journals of their worlds are full before, "
        "so the memory must stay. The memory is that of one process with the mock and the clients.\n\n"
        f"{machine}\n\n{goal_table(goals)}\n\n{markdown(head, [sample.row() for sample in curve])}\n\n"
        f"How the requests ended: {listed}.\n"
    )


def _curve(mock: WorldServer, clients: Sequence[Client], seconds: float) -> list[Sample]:
    """Runs all clients at the same time. Returns samples in equal distances of time.

    An error in a client ends the benchmark.
    """
    began = time.monotonic()
    with ThreadPoolExecutor(len(clients)) as pool:
        running = [pool.submit(client.run, began + seconds) for client in clients]
        curve = [_sample(mock, clients, began)]
        for number in range(1, SAMPLES + 1):
            time.sleep(max(0.0, began + seconds * number / SAMPLES - time.monotonic()))
            curve.append(_sample(mock, clients, began))
        for client in running:
            client.result()
    return curve


def _sample(mock: WorldServer, clients: Sequence[Client], began: float) -> Sample:
    pages = int(Path("/proc/self/statm").read_text("utf-8").split()[1])
    return Sample(
        minutes=(time.monotonic() - began) / 60,
        requests=sum(client.ends.total() for client in clients),
        tasks=mock.run_in_server_thread(lambda: len(asyncio.all_tasks())),
        files=len(os.listdir("/proc/self/fd")),
        memory=pages * resource.getpagesize() / 1e6,
    )


def settle(mock: WorldServer, tasks: int) -> None:
    """Waits until 100 checks in a row find at most `tasks` asyncio tasks. Gives up after 100,000 checks."""
    calm = 0
    for _ in range(MAX_CHECKS):
        calm = calm + 1 if mock.run_in_server_thread(lambda: len(asyncio.all_tasks())) <= tasks else 0
        if calm == CALM_CHECKS:
            return


if __name__ == "__main__":
    main()
