"""The masks of worlds. A mask replaces secrets in texts before they leave the mock."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator
from itertools import islice
from weakref import WeakKeyDictionary

from workerkit.mockserver.world.world import World
from workerkit.openapi.masking.mask import Mask, Secret, keys_in

_SALT = secrets.token_bytes(32)
_MAX_UNKNOWN_KEYS = 100
_MAX_ADDITIONS = 16


def mask_of(world: World) -> Mask:
    """The mask of a world. It hides API keys, and the passwords and e-mail addresses of accounts.

    It also hides the first 100 keys that came in requests and do not belong to the world. In one process, a
    secret gets the same replacement in all worlds.
    """
    return _known_secrets(world).mask(world)


def secrets_of(world: World) -> list[Secret]:
    """The secrets that the mask of a world hides."""
    return _known_secrets(world).secrets(world)


def mask_with(secrets: Iterable[Secret]) -> Mask:
    """A mask for the given secrets. Their replacements are the same as in the masks of worlds."""
    return Mask(secrets, salt=_SALT)


def _known_secrets(world: World) -> _WorldSecrets:
    if world not in _secrets_by_world:
        _secrets_by_world[world] = _WorldSecrets()
    return _secrets_by_world[world]


class _WorldSecrets:
    """The mask of one world, and the number of secrets that are already in the mask.

    A world's secrets are never removed. So new secrets are added to the existing mask.
    """

    def __init__(self) -> None:
        self._mask = Mask((), salt=_SALT)
        self._additions = 0
        self._masked_counts = (0, 0, 0)
        self._unknown_keys: dict[Secret, None] = {}
        self._exchanges_read = 0

    def mask(self, world: World) -> Mask:
        self._read_new_exchanges(world)
        counts = (len(world.key_ring.all_keys()), len(world.accounts), len(self._unknown_keys))
        if counts != self._masked_counts:
            self._add_new_secrets(world)
            self._masked_counts = counts
        return self._mask

    def secrets(self, world: World) -> list[Secret]:
        """All secrets of the world."""
        self._read_new_exchanges(world)
        return list(self._new_secrets(world, (0, 0, 0)))

    def _read_new_exchanges(self, world: World) -> None:
        if len(self._unknown_keys) < _MAX_UNKNOWN_KEYS:
            kept = world.journal.newest(world.journal.count - self._exchanges_read)
            # The requests of one client share one object with their headers.
            for headers in {
                id(exchange.request_headers): exchange.request_headers for exchange in kept
            }.values():
                found = [secret for secret in keys_in(headers) if world.key_ring.owner(secret[1]) is None]
                self._unknown_keys.update(dict.fromkeys(found[: _MAX_UNKNOWN_KEYS - len(self._unknown_keys)]))
        self._exchanges_read = world.journal.count

    def _add_new_secrets(self, world: World) -> None:
        if self._additions == _MAX_ADDITIONS:
            # Many small patterns are slower than one large pattern. So this makes a new mask.
            self._mask, self._additions, self._masked_counts = Mask((), salt=_SALT), 0, (0, 0, 0)
        self._mask = self._mask.with_secrets(self._new_secrets(world, self._masked_counts))
        self._additions += 1

    def _new_secrets(self, world: World, known_counts: tuple[int, int, int]) -> Iterator[Secret]:
        keys, accounts, unknown_keys = known_counts
        yield from (("key", key) for key in world.key_ring.all_keys()[keys:])
        for account in islice(world.accounts.values(), accounts, None):
            yield "password", account.password
            yield "email", account.email
        yield from islice(self._unknown_keys, unknown_keys, None)


_secrets_by_world: WeakKeyDictionary[World, _WorldSecrets] = WeakKeyDictionary()
