"""The prefixes of API keys. A prefix belongs to one world, so a key's prefix is enough to find its world.

A load balancer in front of several mocks needs this: it knows the key of a request, and not the worlds.
"""

from __future__ import annotations

from collections.abc import Iterable

from workerkit.mockserver.world.key_ring import PREFIX_END, prefix_of
from workerkit.mockserver.world.world import World
from workerkit.openapi.errors import WorkerkitError


class KeyTakenError(WorkerkitError, ValueError):
    """An API key or its prefix already belongs to another world."""


class KeyPrefixes:
    """The prefixes of the worlds of one mock, and of the keys in worlds without a prefix of their own."""

    def __init__(self) -> None:
        self._owners: dict[str, str] = {}
        self._users: dict[str, set[str]] = {}

    def check(self, world: World) -> None:
        """Raises KeyTakenError if another world has the prefix of this world or of one of its keys."""
        ring = world.key_ring
        others = {*self._users.get(ring.prefix, ()), self._owners.get(ring.prefix, world.name)} - {world.name}
        if ring.prefix and others:
            raise KeyTakenError(f"the key prefix {ring.prefix} belongs to the world {min(others)}")
        for key in ring.all_keys():
            self.check_key(key, world)

    def check_key(self, key: str, world: World) -> None:
        """Raises KeyTakenError if this world may not have this key, because of the key's prefix."""
        prefix = prefix_of(key)
        if world.key_ring.prefix and prefix != world.key_ring.prefix:
            wanted = world.key_ring.prefix + PREFIX_END
            raise KeyTakenError(f"each API key of the world {world.name} has to begin with {wanted}")
        owner = self._owners.get(prefix, world.name)
        if owner != world.name:
            raise KeyTakenError(f"the API key {key} begins with the key prefix of the world {owner}")

    def claim(self, world: World) -> None:
        """Makes the prefix of a world, or the prefixes of its keys, belong to the world."""
        if world.key_ring.prefix:
            self._owners[world.key_ring.prefix] = world.name
        else:
            for key in world.key_ring.all_keys():
                self.claim_key(key, world)

    def claim_key(self, key: str, world: World) -> None:
        """Makes the prefix of one more key belong to a world, if the world has no prefix of its own."""
        prefix = prefix_of(key)
        if prefix and not world.key_ring.prefix:
            self._users.setdefault(prefix, set()).add(world.name)

    def release(self, world: World, keys: Iterable[str]) -> None:
        """Lets other worlds use the prefix of a world and those of its keys."""
        self._owners.pop(world.key_ring.prefix, None)
        for key in keys:
            self._release_key(key, world)

    def _release_key(self, key: str, world: World) -> None:
        users = self._users.get(prefix_of(key), set())
        users.discard(world.name)
        if not users:
            self._users.pop(prefix_of(key), None)
