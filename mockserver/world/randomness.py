"""Chance in a world: all of it from one seed."""

from __future__ import annotations

import random
import struct
from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any

_WORDS = ">625I"
_VERSION = 3
_FREE_BITS, _VERSION_4 = ~(0xF000 << 64 | 0xC000 << 48), 4 << 76 | 0x8000 << 48


class Chance(random.Random):
    """Random numbers of one seed, and what is made of them."""

    def __init__(self, seed: int | str = 0) -> None:
        super().__init__(seed)
        self._seed = seed

    def substream(self, name: str) -> Chance:
        """Random numbers of the same seed for another purpose: neither disturbs the other."""
        return Chance(f"{self._seed}/{name}")

    def written(self) -> dict[str, Any]:
        """The seed, and the state that the numbers so far have led to, as JSON."""
        _, words, gauss = self.getstate()
        state = b64encode(struct.pack(_WORDS, *words)).decode()
        return {"seed": self._seed, "state": state, "gauss": gauss}

    @classmethod
    def read(cls, written: Mapping[str, Any]) -> Chance:
        """What gives the same numbers from here on as the one that was written. Raises ValueError."""
        chance = cls(written["seed"])
        try:
            words = struct.unpack(_WORDS, b64decode(written["state"], validate=True))
        except struct.error:
            raise ValueError(f"a state has {struct.calcsize(_WORDS)} bytes") from None
        chance.setstate((_VERSION, words, written["gauss"]))
        return chance

    def uuid(self) -> str:
        """A random UUID (version 4), as text."""
        digits = f"{self.getrandbits(128) & _FREE_BITS | _VERSION_4:032x}"
        return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
