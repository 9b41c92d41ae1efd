"""Runs the server in a thread of this process."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.independent.api import Api, select_part
from tests.independent.choices import Choices
from tests.independent.fault import Fault
from tests.independent.handler import HttpServer
from tests.independent.part import Clock, SharedState
from tests.independent.seeding import SeedData, Seeder
from tests.independent.store import Store

CORRECT_CHOICES = Choices()


@dataclass(frozen=True)
class Running:
    """A running server.

    base_url: the base URL of the Worker API.
    seeded: the keys of its servers, and an account.
    store: its database.
    """

    base_url: str
    seeded: SeedData
    store: Store


@contextmanager
def running(
    choices: Choices = CORRECT_CHOICES,
    fault: Fault | None = None,
    *,
    port: int = 0,
    seed: int = 1,
    clock: Clock = time.time,
) -> Iterator[Running]:
    """Runs a new server on 127.0.0.1 during the `with` block.

    port: 0 for a free port.
    seed: the same seed gives the same data.
    clock: returns seconds since 1970.
    """
    store = Store()
    seeded = Seeder(store, seed=seed, now=clock()).fill()
    faulty_part = object if fault is None else fault.part
    with HttpServer(
        port, select_part(Api, faulty_part)(SharedState(store, choices, clock), faulty_part)
    ) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield Running(server.base_url, seeded, store)
        finally:
            server.shutdown()
            thread.join()
    store.close()
