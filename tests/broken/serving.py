"""Serves a mutant in its own process."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing import get_all_start_methods, get_context
from multiprocessing.connection import Connection

from workerkit.contracts.target.target import Target
from workerkit.mockserver.mutants import MUTANTS
from workerkit.mockserver.mutants.broken_process import break_process
from workerkit.mockserver.server.server import WorldServer
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.mockserver.worlds.worlds import DEFAULT, Worlds

_KEYS = ("server-01-key", "server-02-key", "server-03-key")
# Where the system can fork, the processes are forked from one that has imported everything and that no mutant
# has patched.
_CAN_FORK = "forkserver" in get_all_start_methods()
_PROCESSES = get_context("forkserver") if _CAN_FORK else get_context("spawn")
if _CAN_FORK:
    _PROCESSES.set_forkserver_preload(["tests.broken.serving"])


@contextmanager
def serving(name: str, *, seed: int = 1) -> Iterator[Target]:
    """Serves a mutant in another process during the `with` block. Returns it as target of a conformance run.

    name: the id of the mutant.
    """
    here, there = _PROCESSES.Pipe()
    process = _PROCESSES.Process(target=_serve, args=(name, seed, there), daemon=True)
    process.start()
    there.close()
    try:
        base_url, account = here.recv()
        yield Target(base_url, *_KEYS, account_id=account)
    finally:
        here.close()
        process.join()


def _serve(name: str, seed: int, pipe: Connection) -> None:
    """Patches this process, serves the mutant, and sends its URL. Ends when the pipe is closed."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    break_process(MUTANTS[name])
    worlds = Worlds()
    world = worlds.add(DEFAULT, WorldBuilder(seed=seed)).world
    account = next(task.account.id for task in world.tasks.values() if task.server == "server-01")
    with WorldServer(worlds) as mock, suppress(EOFError):
        pipe.send((mock.base_url, account))
        pipe.recv()
