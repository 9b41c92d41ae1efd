"""Which secrets a world holds, and which came to it."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any
from weakref import WeakKeyDictionary

from workerkit.mockserver.world.world import World
from workerkit.openapi.masking.mask import Mask, Secret, keys_of, secrets_in

_SALT = secrets.token_bytes(32)
_MOST_STRANGE_KEYS = 100
_MOST_ADDITIONS = 16


def mask_of(world: World) -> Mask:
    """The mask that knows the keys of a world and the passwords and e-mail addresses of its accounts.

    It also knows the first 100 keys that came to the world and are not its own. The same secret has the same
    mask in all worlds of this process.
    """
    if world not in _knowledge:
        _knowledge[world] = _Knowledge()
    return _knowledge[world].mask(world)


def mask_of_all(worlds: Iterable[World], told: Any = None) -> Mask:
    """The mask that knows the secrets of several worlds, and those in the fields of a JSON value."""
    mask = Mask(secrets_in(told), salt=_SALT)
    for world in worlds:
        mask = mask.joined(mask_of(world))
    return mask


class _Knowledge:
    """The secrets of one world. They only become more, so that what is new is added to a mask."""

    def __init__(self) -> None:
        self._mask = Mask((), salt=_SALT)
        self._additions = 0
        self._known = (0, 0, 0)
        self._strange: dict[Secret, None] = {}
        self._heard = 0

    def mask(self, world: World) -> Mask:
        self._hear(world)
        there_are = (len(world.known_keys()), len(world.accounts), len(self._strange))
        if there_are != self._known:
            self._learn(world)
            self._known = there_are
        return self._mask

    def _hear(self, world: World) -> None:
        """Takes note of the strange keys in the exchanges that have come since."""
        for exchange in world.journal.newest(world.journal.count - self._heard):
            found = [secret for secret in keys_of(exchange) if world.key_owner(secret[1]) is None]
            self._strange.update(dict.fromkeys(found[: _MOST_STRANGE_KEYS - len(self._strange)]))
        self._heard = world.journal.count

    def _learn(self, world: World) -> None:
        if self._additions == _MOST_ADDITIONS:  # many small patterns are slower than a large one
            self._mask, self._additions, self._known = Mask((), salt=_SALT), 0, (0, 0, 0)
        self._mask = self._mask.knowing(self._news(world))
        self._additions += 1

    def _news(self, world: World) -> Iterator[Secret]:
        keys, accounts, strange = self._known
        yield from (("key", key) for key in world.known_keys()[keys:])
        for account in islice(world.accounts.values(), accounts, None):
            yield "password", account.password
            yield "email", account.email
        yield from islice(self._strange, strange, None)


_knowledge: WeakKeyDictionary[World, _Knowledge] = WeakKeyDictionary()
