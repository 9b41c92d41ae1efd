"""The mocks of trials that stay after their trial, so that people can look at the worlds."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from workerkit.mockserver.server.server import WorldServer


class KeptMocks(ExitStack):
    """Keeps the mocks of trials running until the end of the `with` block. Several threads may use it.

    on_start: is called with the name of the scenario and the address of the inspector when a mock starts.
    """

    def __init__(self, on_start: Callable[[str, str], None]) -> None:
        super().__init__()
        self._on_start = on_start
        self._lock = threading.Lock()

    @contextmanager
    def running(self, scenario: str, mock: WorldServer) -> Iterator[WorldServer]:
        """Starts a mock. It also runs after the `with` block of this method."""
        with self._lock:
            self.enter_context(mock)
        self._on_start(scenario, mock.inspector_url)
        yield mock
