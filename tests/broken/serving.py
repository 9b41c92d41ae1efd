"""A mutant in a process of its own, as a target."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy

from tests.broken.mutant import MUTANTS, Mutant
from workerkit.contracts.target import Target
from workerkit.mockserver.founding import Founder
from workerkit.mockserver.server import MockServer
from workerkit.mockserver.worlds import DEFAULT, Worlds
from workerkit.openapi.document import Document, bundled

_KEYS = ("server-01-key", "server-02-key", "server-03-key")


@contextmanager
def serving(name: str, *, seed: int = 1) -> Iterator[Target]:
    """The mutant of a name, served from another process until the end of `with`."""
    command = [sys.executable, "-m", "tests.broken", name, str(seed)]
    pipe, quiet = subprocess.PIPE, subprocess.DEVNULL
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=quiet, text=True) as process:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        try:
            yield Target(told["base_url"], *_KEYS, account_id=told["account"])
        finally:
            process.communicate()


def serve(name: str, seed: int) -> None:
    """Breaks this process as a mutant does, serves, says where on its output, and ends with its input."""
    founder = _founder(MUTANTS[name], seed)
    worlds = Worlds()
    world = worlds.add(DEFAULT, founder).world
    account = next(task.account.id for task in world.tasks.values() if task.server == "server-01")
    with MockServer(worlds) as mock:
        sys.stdout.write(json.dumps({"base_url": mock.base_url, "account": account}) + "\n")
        sys.stdout.flush()
        sys.stdin.read()


def _founder(mutant: Mutant, seed: int) -> Founder:
    if mutant.patch is not None:
        mutant.patch()
    if mutant.spec is None:
        return Founder(seed=seed)
    root = deepcopy(bundled("worker-api.yaml").root)
    mutant.spec(root)
    return Founder(seed=seed, spec=Document(root))
