"""Fixtures of the tests of faults: a client and a task."""

from __future__ import annotations

import pytest

from tests.mockserver.faults.fault_client import AddTask, FaultClient
from workerkit.mockserver.server.server import WorldServer
from workerkit.mockserver.world.entities import Task
from workerkit.mockserver.world.world import World


@pytest.fixture
def client(mock: WorldServer, world: World, key: str) -> FaultClient:
    """A client of the test's world."""
    return FaultClient(mock, world, key)


@pytest.fixture
def task(add_task: AddTask) -> Task:
    """A pending task of server-01."""
    return add_task(status="pending")
