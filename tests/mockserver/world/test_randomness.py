from __future__ import annotations

import uuid

from hypothesis import given
from hypothesis import strategies as st

from workerkit.mockserver.world.randomness import SeededRandom


@given(st.integers(0, 2**64))
def test_a_uuid_is_version_4_with_the_bits_of_the_seed(seed: int) -> None:
    bits = SeededRandom(seed).getrandbits(128)
    assert SeededRandom(seed).uuid() == str(uuid.UUID(int=bits, version=4))
