"""The fixture `open_client`: a client in a new world of a dialect."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pytest
import requests

from tests.mockserver.dialects.dialect_client import CallControl, DialectClient, OpenClient
from workerkit.mockserver.server.server import WorldServer
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.openapi.spec.dialect import dialect_of


@pytest.fixture(scope="session")
def open_client(mock: WorldServer, http: requests.Session, control: CallControl) -> OpenClient:
    """Opens a client in a new world. The dialect of the world makes the given choices."""

    @contextmanager
    def open_in_new_world(choices: Mapping[str, str]) -> Iterator[DialectClient]:
        name = mock.run_in_server_thread(mock.worlds.new_name)
        builder = WorldBuilder(seed=7, dialect=dialect_of(choices), with_tasks=False)
        world = mock.run_in_server_thread(lambda: mock.worlds.add(name, builder)).world
        try:
            yield DialectClient(mock.base_url, http, control, world)
        finally:
            mock.run_in_server_thread(lambda: mock.worlds.remove(name))

    return open_in_new_world
