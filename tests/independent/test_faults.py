"""Each planted fault does what its sentence says, and a sound server does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.independent.client import Client
from tests.independent.faults import FAULTS
from tests.independent.running import running
from tests.independent.signs import HIDDEN_SIGNS, SIGNS

PAGE = (Path(__file__).parents[1] / "contracts" / "worker-api.txt").read_text("utf-8")


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_shows_on_the_server_that_has_it_and_on_no_sound_one(name: str) -> None:
    sign = SIGNS.get(name) or HIDDEN_SIGNS[name]
    with running(fault=FAULTS[name]) as faulty:
        assert sign(Client.of(faulty))
    with running() as sound:
        assert not sign(Client.of(sound))


def test_every_fault_that_a_client_can_see_is_seen_by_a_client() -> None:
    assert set(SIGNS) == {fault.name for fault in FAULTS.values() if not fault.unseen}
    assert set(HIDDEN_SIGNS) == {fault.name for fault in FAULTS.values() if fault.unseen}


def test_there_are_faults_enough_to_tell_a_good_checker_from_a_lucky_one() -> None:
    assert len(SIGNS) >= 45
