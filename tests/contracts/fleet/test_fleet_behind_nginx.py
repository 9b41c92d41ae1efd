"""A fleet behind nginx: Locust with a master and two workers, nginx as in examples/fleet, two mocks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contracts.fleet.balanced_mocks import NGINX, BalancedMocks, balanced_mocks, call
from tests.contracts.fleet.locust_processes import run_locust
from tests.contracts.fleet.lost_update import lost_update
from tests.contracts.fleet.placed_worlds import place_worlds

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(NGINX is None, reason="nginx is not installed"),
]
_FLEET = ("--users", "24", "--spawn-rate", "24", "--worlds", "6", "--tasks", "8", "--run-time", "12s")


@pytest.fixture
def mocks(tmp_path: Path) -> Iterator[BalancedMocks]:
    with balanced_mocks(tmp_path) as mocks:
        yield mocks


def test_a_fleet_loses_and_doubles_nothing(mocks: BalancedMocks, tmp_path: Path) -> None:
    run = run_locust(tmp_path, "--host", mocks.base_url, *_FLEET, workers=2)
    assert (run.exit_code, run.failures, run.report["verdict"]) == (0, 0, "pass"), run.output
    assert run.report["servers"] == 24
    assert run.report["tasks"] == {
        "listed": 192,
        "reported": run.report["tasks"]["reported"],
        "lost": 0,
        "doubled": 0,
    }
    assert run.report["tasks"]["reported"] >= 24 * 4
    assert {str(entry["name"]) for entry in run.stats} == {
        *("/health", "/tasks", "/tasks/bulk", "/tasks/{id}", "/callback/link/complete", "/logs")
    }
    assert mocks.misplaced() == 0
    assert len(mocks.requests_by_mock()) == 6
    assert [call(f"{url}/_mock/worlds")["worlds"][1:] for url in mocks.mock_urls] == [[], []]


def test_one_lost_update_is_told(mocks: BalancedMocks, tmp_path: Path) -> None:
    with lost_update(mocks.mock_urls[0]) as names:
        run = run_locust(tmp_path, "--host", mocks.base_url, *_FLEET, workers=2)
    assert names
    assert (run.exit_code, run.failures, run.report["verdict"]) == (1, 0, "fail"), run.output
    assert [finding["kind"] for finding in run.report["findings"]] == ["lost"]
    assert run.report["findings"][0]["why"] == "the server confirmed completed, and the task is running"
    assert "1 lost, 0 doubled" in run.output


def test_a_world_is_on_one_mock_with_its_control_calls(mocks: BalancedMocks) -> None:
    """The same prefix leads requests and control calls to the mock that has the world."""
    placed = place_worlds(mocks, 20)
    assert (sum(placed), mocks.misplaced()) == (20, 0)
    assert min(placed) > 0
