"""The mock of this kit as a target.

It runs in this process, on a free port, with new tasks, servers and keys.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from workerkit.contracts.target.target import Target
from workerkit.mockserver.server.server import WorldServer
from workerkit.mockserver.world.world import World
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.mockserver.worlds.worlds import DEFAULT, Worlds
from workerkit.openapi.spec.dialect import Dialect


@contextmanager
def own_mock(seed: int, dialect: Dialect | None = None) -> Iterator[Target]:
    """A target with all keys and an account id. Its mock runs until the `with` block ends."""
    worlds = Worlds()
    world = worlds.add(DEFAULT, WorldBuilder(seed=seed, dialect=dialect or Dialect())).world
    with WorldServer(worlds) as mock:
        yield Target(
            mock.base_url,
            api_key=_key(world, "server-01"),
            other_api_key=_key(world, "server-02"),
            inactive_api_key=_key(world, "server-03"),
            account_id=next(task.account.id for task in world.tasks.values() if task.server == "server-01"),
        )


def _key(world: World, server: str) -> str:
    return world.servers[server].keys[0]
