"""A mock with a default world."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from workerkit.mockserver.server.server import WorldServer
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.mockserver.worlds.worlds import DEFAULT, Worlds


@pytest.fixture
def default_mock() -> Iterator[WorldServer]:
    """A mock with the default world, which the test may change."""
    worlds = Worlds()
    worlds.add(DEFAULT, WorldBuilder(seed=7))
    with WorldServer(worlds) as running:
        yield running
