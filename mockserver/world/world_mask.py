"""The masks of worlds. A mask replaces secrets in texts before they leave the mock."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any
from weakref import WeakKeyDictionary

from workerkit.mockserver.world.world import World
from workerkit.openapi.masking.mask import Mask, Secret, keys_of, secrets_in

_SALT = secrets.token_bytes(32)
_MAX_UNKNOWN_KEYS = 100
_MAX_ADDITIONS = 16


def mask_of(world: World) -> Mask:
    """The mask of a world. It hides API keys, and the passwords and e-mail addresses of accounts.

    It also hides the first 100 keys that came in requests and do not belong to the world. In one process, a
    secret gets the same replacement in all worlds.
    """
    if world not in _secrets_by_world:
        _secrets_by_world[world] = _WorldSecrets()
    return _secrets_by_world[world].mask(world)


def mask_of_all(worlds: Iterable[World], extra_json: Any = None) -> Mask:
    """One mask with the secrets of several worlds and with the secret fields of a JSON value."""
    mask = Mask(secrets_in(extra_json), salt=_SALT)
    for world in worlds:
        mask = mask.with_secrets_of(mask_of(world))
    return mask


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

    def _read_new_exchanges(self, world: World) -> None:
        for exchange in world.journal.newest(world.journal.count - self._exchanges_read):
            found = [secret for secret in keys_of(exchange) if world.key_ring.owner(secret[1]) is None]
            self._unknown_keys.update(dict.fromkeys(found[: _MAX_UNKNOWN_KEYS - len(self._unknown_keys)]))
        self._exchanges_read = world.journal.count

    def _add_new_secrets(self, world: World) -> None:
        if self._additions == _MAX_ADDITIONS:
            # Many small patterns are slower than one large pattern. So this makes a new mask.
            self._mask, self._additions, self._masked_counts = Mask((), salt=_SALT), 0, (0, 0, 0)
        self._mask = self._mask.with_secrets(self._new_secrets(world))
        self._additions += 1

    def _new_secrets(self, world: World) -> Iterator[Secret]:
        keys, accounts, unknown_keys = self._masked_counts
        yield from (("key", key) for key in world.key_ring.all_keys()[keys:])
        for account in islice(world.accounts.values(), accounts, None):
            yield "password", account.password
            yield "email", account.email
        yield from islice(self._unknown_keys, unknown_keys, None)


_secrets_by_world: WeakKeyDictionary[World, _WorldSecrets] = WeakKeyDictionary()
