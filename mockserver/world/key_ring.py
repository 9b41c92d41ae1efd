"""The API keys of a world."""

from __future__ import annotations

from collections.abc import Mapping

from workerkit.mockserver.world.change_log import ChangeLog
from workerkit.mockserver.world.entities import Server

PREFIX_END = "."


def prefix_of(key: str) -> str:
    """The prefix of an API key: the text before its first full stop. Empty if the key has no full stop."""
    prefix, end, _ = key.partition(PREFIX_END)
    return prefix if end else ""


class KeyRing:
    """All API keys of a world: current, former and reserved ones. Each key belongs to one server.

    A key belongs to its server even while the world refuses the key.

    A key works if it is one of its server's current keys and the server is not revoked.

    prefix: the text that all keys begin with, before a full stop. Empty if the keys have no prefix in common.
    """

    def __init__(self, servers: Mapping[str, Server], change_log: ChangeLog, prefix: str = "") -> None:
        self.prefix = prefix
        self._servers = servers
        self._change_log = change_log
        self._owners: dict[str, str] = {}

    def all_keys(self) -> tuple[str, ...]:
        """All keys of the world: current, former and reserved ones."""
        return tuple(self._owners)

    def full_key(self, key: str) -> str:
        """The key with the prefix before it. A key that begins with the prefix is not changed."""
        has_prefix = not self.prefix or prefix_of(key) == self.prefix
        return key if has_prefix else f"{self.prefix}{PREFIX_END}{key}"

    def server_for(self, key: str) -> Server | None:
        """The server for which a key works now, or None."""
        server = self._servers.get(self._owners.get(key, ""))
        return server if server is not None and key in server.keys and not server.revoked else None

    def owner(self, key: str) -> str | None:
        """The name of the server that a key belongs to, even if the key does not work. None if unknown."""
        return self._owners.get(key)

    def set_keys(self, server: Server, keys: list[str]) -> None:
        """Replaces the keys of a server. Its former keys still belong to the server but do not work.

        The keys get the prefix, if they do not have it.
        """
        server.keys = [self.full_key(key) for key in keys]
        for key in server.keys:
            self._owners[key] = server.name

    def reserve_key(self, server: Server, key: str) -> None:
        """Makes a key belong to a server. The key works only after `set_keys` or `replace_keys` with it."""
        self._owners[self.full_key(key)] = server.name

    def replace_keys(self, server: Server, key: str, *, by: str) -> None:
        """Replaces the keys of a server by one new key, and records the change.

        by: what caused the change, for the change log.
        """
        was = server.keys
        self.set_keys(server, [key])
        self._change_log.record("server", server.name, "api_key", was, server.keys, by)

    def set_revoked(self, server: Server, *, revoked: bool, by: str) -> None:
        """Refuses all keys of a server from now on, or accepts them again, and records the change.

        by: what caused the change, for the change log.
        """
        was, server.revoked = server.revoked, revoked
        self._change_log.record("server", server.name, "revoked", was, revoked, by)

    def owners(self) -> dict[str, str]:
        """For each key the name of the server that it belongs to."""
        return dict(self._owners)

    def restore_owners(self, owners: Mapping[str, str]) -> None:
        """Replaces all keys by those of another key ring, as returned by `owners`."""
        self._owners = dict(owners)
