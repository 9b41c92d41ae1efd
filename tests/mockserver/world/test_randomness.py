from __future__ import annotations

import uuid

from hypothesis import given
from hypothesis import strategies as st

from workerkit.mockserver.world.randomness import Chance


@given(st.integers(0, 2**64))
def test_a_uuid_is_a_random_one_of_the_seeds_bits(seed: int) -> None:
    bits = Chance(seed).getrandbits(128)
    assert Chance(seed).uuid() == str(uuid.UUID(int=bits, version=4))
