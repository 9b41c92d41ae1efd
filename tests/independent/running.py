"""The server within a thread of this process."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.independent.api import Api, chosen
from tests.independent.choices import Choices
from tests.independent.fault import Fault
from tests.independent.handler import Site
from tests.independent.part import Clock, Desk
from tests.independent.seeding import Seeded, Seeding
from tests.independent.store import Store

SOUND = Choices()


@dataclass(frozen=True)
class Running:
    """A server that answers: where, for whom, and what is in its database."""

    base_url: str
    seeded: Seeded
    store: Store


@contextmanager
def running(
    choices: Choices = SOUND,
    fault: Fault | None = None,
    *,
    port: int = 0,
    seed: int = 1,
    clock: Clock = time.time,
) -> Iterator[Running]:
    """A fresh server on a port of 127.0.0.1 (0: a free one), gone at the end with all its threads."""
    store = Store()
    seeded = Seeding(store, seed=seed, now=clock()).sow()
    planted = object if fault is None else fault.part
    with Site(port, chosen(Api, planted)(Desk(store, choices, clock), planted)) as site:
        thread = threading.Thread(target=site.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield Running(site.base_url, seeded, store)
        finally:
            site.shutdown()
            thread.join()
    store.close()
