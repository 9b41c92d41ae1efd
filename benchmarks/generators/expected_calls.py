"""What a caller program does and prints, and the world of the mock that it works with."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.generators.generated_client import GeneratedClient, run_command
from workerkit.mockserver import MockServer, WorkerApi
from workerkit.openapi.spec.api import worker_api

OPERATIONS = tuple(worker_api().operations)
ERRORS = {"400": "bad_request", "401": "unauthorized", "403": "not_your_task", "404": "not_found"}
# By default the mock refuses only requests that a client with types cannot send. In this world, it also
# refuses a cursor that is no task's id.
_WORLD = """
title: A world for generated clients
about: A request of the right form can get 400, too.
world:
  servers: [server-01, server-02]
  dialect: {unknown-cursor: reject}
"""


@dataclass(frozen=True, slots=True)
class Calls:
    """What a caller program did.

    operations: the operations that were answered with 200, and of which the program read the right value.
    errors: the statuses of which the program read the right code from an object with a type.
    problems: what the program printed otherwise.
    """

    operations: frozenset[str]
    errors: frozenset[str]
    problems: tuple[str, ...]

    @property
    def is_complete(self) -> bool:
        """Whether all operations were called, and all errors were read."""
        return self.operations == frozenset(OPERATIONS) and self.errors == ERRORS.keys()


class Caller:
    """The world of one caller program: three tasks of its own, and one of another server.

    settings: what the program needs. It reads them as JSON from the environment variable CALLS.
    expected: what the program has to print: for each name the value, with a space between.
    """

    def __init__(self, mock: MockServer, world: WorkerApi) -> None:
        self._world = world
        own = [world.add_task(status="pending") for _ in range(3)]
        other = world.add_task(status="pending", server=world.servers[1]["name"])
        self.settings = {
            "base_url": mock.base_url,
            "api_key": world.api_key,
            "server_name": world.servers[0]["name"],
            "foreign_task": other["id"],
            "unknown_task": "00000000-0000-4000-8000-000000000000",
            "account": own[0]["account_id"],
        }
        self.expected = {
            "heartbeat": self.settings["server_name"],
            "listTasks": f"{own[0]['id']} of 3",
            "nextPage": own[2]["id"],
            "updateTask": own[0]["id"],
            "bulkUpdateTasks": "not_your_task",
            "sendLogs": "1",
            "updateLink": own[1]["id"],
            "completeLink": own[1]["id"],
            "setRequestStatus": own[0]["request_id"],
            "setAccountStatus": own[0]["account_id"],
            "completed": own[1]["id"],
            **ERRORS,
        }

    def run(self, client: GeneratedClient) -> Calls:
        """Runs the caller program of a client."""
        output = run_command(client.call, client.folder, {"CALLS": json.dumps(self.settings)})
        return self.calls(output.text.splitlines())

    def calls(self, lines: Iterable[str]) -> Calls:
        """Compares what the program printed, and what the mock has in its journal, with what was expected."""
        wanted = {f"{name} {value}": name for name, value in self.expected.items()}
        printed = set(lines)
        right = {name for line, name in wanted.items() if line in printed}
        if not {"nextPage", "completed"} <= right:
            right.discard("listTasks")
        answered = {exchange.operation for exchange in self._world.journal if exchange.status == 200}
        return Calls(
            frozenset(OPERATIONS) & right & answered,
            frozenset(ERRORS) & right,
            tuple(line for line in printed if line not in wanted),
        )


def new_caller(mock: MockServer) -> Caller:
    """A new world for one caller program."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "world.yaml"
        file.write_text(_WORLD, "utf-8")
        return Caller(mock, mock.new_world(str(file)))
