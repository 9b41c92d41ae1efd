"""Which secrets a world holds."""

from __future__ import annotations

import secrets

from workerkit.mockserver.world import World
from workerkit.openapi.masking import Mask

_SALT = secrets.token_bytes(32)


def mask_of(world: World) -> Mask:
    """The mask that knows the keys of a world and the passwords and e-mail addresses of its accounts."""
    keys = [("key", key) for key in world.known_keys()]
    passwords = [("password", account.password) for account in world.accounts.values()]
    emails = [("email", account.email) for account in world.accounts.values()]
    return Mask([*keys, *passwords, *emails], salt=_SALT)
