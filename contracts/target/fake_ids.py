"""Fake ids, keys and parameters: no server has them, so the gate treats them as harmless."""

from __future__ import annotations

import re
from random import Random
from uuid import UUID

# "workit" in ASCII, in the last 12 digits of a UUID. A random UUID almost never ends like this.
_MARK = 0x776F726B6974
_ID = re.compile(rf"[0-9a-f]{{8}}-[0-9a-f]{{4}}-4[0-9a-f]{{3}}-[89ab][0-9a-f]{{3}}-{_MARK:012x}")
_KEY_PREFIX = "workerkit-made-up-"
_KEY = re.compile(rf"{_KEY_PREFIX}[0-9a-f]{{32}}")
NOT_AN_ID = "not-a-uuid"
# A query parameter of GET /tasks that no server has.
FAKE_PARAMETER = "workerkit"


def fake_id(random: Random) -> str:
    """A new UUID that no server uses for anything."""
    return str(UUID(int=random.getrandbits(80) << 48 | _MARK, version=4))


def fake_key(random: Random) -> str:
    """A new API key that no server knows."""
    return f"{_KEY_PREFIX}{random.getrandbits(128):032x}"


def is_fake_id(text: str) -> bool:
    """True for an id made by `fake_id`, in upper or lower case, and for NOT_AN_ID."""
    return text == NOT_AN_ID or _ID.fullmatch(text.lower()) is not None


def is_fake_key(text: str) -> bool:
    """True for a key made by `fake_key`."""
    return _KEY.fullmatch(text) is not None
