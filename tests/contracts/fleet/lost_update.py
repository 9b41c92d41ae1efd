"""A mock that loses one update: it answers success, and changes nothing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

from tests.contracts.fleet.balanced_mocks import call

_FAULT = {"fault": "unapplied", "operation": "updateTask", "times": 1}


@contextmanager
def lost_update(url: str) -> Iterator[list[str]]:
    """Makes the first world of a fleet lose one update, as soon as the fleet has made the world.

    url: the address of a mock, without a path.

    The list has the name of this world when the `with` block has ended.
    """
    names: list[str] = []
    is_over = Event()
    thread = Thread(target=_plant, args=(url, names, is_over))
    thread.start()
    try:
        yield names
    finally:
        is_over.set()
        thread.join()


def _plant(url: str, names: list[str], is_over: Event) -> None:
    while not names and not is_over.is_set():
        worlds = call(f"{url}/_mock/worlds")["worlds"]
        for name in [world["world"] for world in worlds if world["world"].startswith("fleet-")][:1]:
            call(f"{url}/_mock/worlds/{name}/faults", _FAULT)
            names.append(name)
        time.sleep(0.02)
