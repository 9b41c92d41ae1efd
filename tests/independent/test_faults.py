"""Each fault shows on the server that has it, and not on a correct server."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.independent.client import Client
from tests.independent.fault_checks import FAULT_CHECKS, HIDDEN_FAULT_CHECKS
from tests.independent.faults import FAULTS
from tests.independent.running import running

PAGE = (Path(__file__).parents[1] / "contracts" / "worker-api.txt").read_text("utf-8")


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_shows_on_its_server_only(name: str) -> None:
    check = FAULT_CHECKS.get(name) or HIDDEN_FAULT_CHECKS[name]
    with running(fault=FAULTS[name]) as faulty:
        assert check(Client.of(faulty))
    with running() as correct:
        assert not check(Client.of(correct))


def test_each_fault_has_a_check() -> None:
    assert set(FAULT_CHECKS) == {fault.name for fault in FAULTS.values() if not fault.unseen}
    assert set(HIDDEN_FAULT_CHECKS) == {fault.name for fault in FAULTS.values() if fault.unseen}


def test_there_are_at_least_45_visible_faults() -> None:
    assert len(FAULT_CHECKS) >= 45
