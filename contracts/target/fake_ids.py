"""Ids and keys that are nobody's, and are known for it: by them the gate tells what no server can act on."""

from __future__ import annotations

import re
from random import Random
from uuid import UUID

# "workit" in ASCII, where a node's address would stand: no generator of ids makes it.
_MARK = 0x776F726B6974
_ID = re.compile(rf"[0-9a-f]{{8}}-[0-9a-f]{{4}}-4[0-9a-f]{{3}}-[89ab][0-9a-f]{{3}}-{_MARK:012x}")
_KEY_BEGINS = "workerkit-made-up-"
_KEY = re.compile(rf"{_KEY_BEGINS}[0-9a-f]{{32}}")
NO_ID = "not-a-uuid"


def fake_id(chance: Random) -> str:
    """A UUID that is nobody's."""
    return str(UUID(int=chance.getrandbits(80) << 48 | _MARK, version=4))


def fake_key(chance: Random) -> str:
    """An API key that is no server's."""
    return f"{_KEY_BEGINS}{chance.getrandbits(128):032x}"


def is_fake_id(text: str) -> bool:
    """True for an id of `fake_id`, in whatever case, and for NO_ID."""
    return text == NO_ID or _ID.fullmatch(text.lower()) is not None


def is_fake_key(text: str) -> bool:
    """True for a key of `fake_key`."""
    return _KEY.fullmatch(text) is not None
