"""Serves a mutant in its own process."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from copy import deepcopy
from multiprocessing import get_context
from multiprocessing.connection import Connection

from tests.broken.mutant import MUTANTS, Mutant
from workerkit.contracts.target.target import Target
from workerkit.mockserver.server.server import WorldServer
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.mockserver.worlds.worlds import DEFAULT, Worlds
from workerkit.openapi.spec.document import Document, bundled_document

_KEYS = ("server-01-key", "server-02-key", "server-03-key")
# The processes are forked from one that has imported everything and that no mutant has patched.
_FORKS = get_context("forkserver")
_FORKS.set_forkserver_preload(["tests.broken"])


@contextmanager
def serving(name: str, *, seed: int = 1) -> Iterator[Target]:
    """Serves a mutant in another process during the `with` block. Returns it as target of a conformance run.

    name: the id of the mutant.
    """
    here, there = _FORKS.Pipe()
    process = _FORKS.Process(target=_serve, args=(name, seed, there), daemon=True)
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
    builder = _world_builder(MUTANTS[name], seed)
    worlds = Worlds()
    world = worlds.add(DEFAULT, builder).world
    account = next(task.account.id for task in world.tasks.values() if task.server == "server-01")
    with WorldServer(worlds) as mock, suppress(EOFError):
        pipe.send((mock.base_url, account))
        pipe.recv()


def _world_builder(mutant: Mutant, seed: int) -> WorldBuilder:
    if mutant.patch is not None:
        mutant.patch()
    if mutant.spec is None:
        return WorldBuilder(seed=seed)
    root = deepcopy(bundled_document("worker-api.yaml").root)
    mutant.spec(root)
    return WorldBuilder(seed=seed, spec=Document(root))
