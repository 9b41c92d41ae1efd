"""The random numbers of a world. All of them come from one seed."""

from __future__ import annotations

import random
import struct
from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any

_STATE_LAYOUT = ">625I"
_STATE_VERSION = 3
_FREE_BITS, _UUID_VERSION_4 = ~(0xF000 << 64 | 0xC000 << 48), 4 << 76 | 0x8000 << 48


class SeededRandom(random.Random):
    """Random numbers and UUIDs from a seed. The state can be saved as JSON."""

    def __init__(self, seed: int | str = 0) -> None:
        super().__init__(seed)
        self._seed = seed

    def substream(self, name: str) -> SeededRandom:
        """Independent random numbers, made from the same seed and a name."""
        return SeededRandom(f"{self._seed}/{name}")

    def state_json(self) -> dict[str, Any]:
        """The seed and the current state, as JSON."""
        _, words, gauss = self.getstate()
        state = b64encode(struct.pack(_STATE_LAYOUT, *words)).decode()
        return {"seed": self._seed, "state": state, "gauss": gauss}

    @classmethod
    def from_state_json(cls, state_json: Mapping[str, Any]) -> SeededRandom:
        """Random numbers that continue from a saved state. Raises ValueError if the state cannot be read."""
        restored = cls(state_json["seed"])
        try:
            words = struct.unpack(_STATE_LAYOUT, b64decode(state_json["state"], validate=True))
        except struct.error:
            raise ValueError(f"a state must have {struct.calcsize(_STATE_LAYOUT)} bytes") from None
        restored.setstate((_STATE_VERSION, words, state_json["gauss"]))
        return restored

    def uuid(self) -> str:
        """A random UUID (version 4), as text."""
        digits = f"{self.getrandbits(128) & _FREE_BITS | _UUID_VERSION_4:032x}"
        return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
