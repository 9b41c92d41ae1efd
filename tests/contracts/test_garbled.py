"""No answer of a server can make workerkit fail. See also benchmarks/soundness/garbled.py."""

from __future__ import annotations

import pytest

from tests.contracts.garbling import garbled_run


@pytest.mark.parametrize("seed", [5, 8])
def test_garbled_answers_do_not_make_the_kit_fail(seed: int) -> None:
    run = garbled_run(seed, most=250)
    assert run.failure == ""
    assert run.count > 20
