"""Chance in a world: all of it from one seed."""

from __future__ import annotations

import random
import uuid


class Chance(random.Random):
    """Random numbers of one seed, and what is made of them."""

    def uuid(self) -> str:
        """A random UUID (version 4), as text."""
        return str(uuid.UUID(int=self.getrandbits(128), version=4))
