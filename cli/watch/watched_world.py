"""What `workerkit watch` knows about one world. Two threads keep it up to date while the screen reads it."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from workerkit.cli.watch.control_client import ControlClient, NoSuchWorldError
from workerkit.openapi.errors import WorkerkitError

_MOST_EXCHANGES = 1000
_SECONDS_TO_RETRY = 1.0
# After an answer, the pause is so many times as long as the answer took: the mock's time is for workers.
_PAUSE_FACTOR, _SHORTEST_PAUSE, _LONGEST_PAUSE = 20.0, 0.5, 30.0


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the screen shows.

    version: differs from that of an earlier snapshot if something has changed.
    world: the name of the world. Empty before the mock has answered.
    trouble: why the mock cannot be seen now. Empty while it can.
    exchanges: the newest exchanges as JSON of the control plane, the oldest first.
    state: the state of the world. None if it is not known yet.
    verdict: None if it is not known yet, or if the world has no scenario.
    changed: the statuses that each task had one after the other, the task that changed last at the end.
    """

    version: int
    world: str
    trouble: str
    exchanges: tuple[Any, ...]
    state: Any
    verdict: Any
    changed: dict[str, tuple[str, ...]] = field(default_factory=dict)


class WatchedWorld:
    """Follows a world during a `with` block. When the mock starts again, it follows the new world.

    client: the client of the mock.
    world: the name of the world. None: the first world of the mock.
    """

    def __init__(self, client: ControlClient, world: str | None) -> None:
        self._client, self._wanted = client, world
        self._lock = threading.Lock()
        self._stopped, self._is_outdated = threading.Event(), threading.Event()
        self._version, self._world, self._trouble = 0, world or "", "connecting"
        self._clear()

    def snapshot(self) -> Snapshot:
        """What is known now."""
        with self._lock:
            return Snapshot(
                *(self._version, self._world, self._trouble, tuple(self._exchanges.values())),
                *(self._state, self._verdict, dict(self._changed)),
            )

    def __enter__(self) -> WatchedWorld:
        for work in (self._follow, self._refresh):
            threading.Thread(target=work, name="workerkit-watch", daemon=True).start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._stopped.set()
        self._is_outdated.set()

    def _clear(self) -> None:
        self._exchanges: OrderedDict[int, Any] = OrderedDict()
        self._changed: OrderedDict[str, tuple[str, ...]] = OrderedDict()
        self._state: Any = None
        self._verdict: Any = None
        # The number of the newest exchange before a gap. None: there is no gap.
        self._before_gap: int | None = None

    def _follow(self) -> None:
        while not self._stopped.is_set():
            try:
                self._follow_once()
            except (WorkerkitError, ValueError) as error:
                self._lose(str(error))
            self._stopped.wait(_SECONDS_TO_RETRY)

    def _follow_once(self) -> None:
        worlds = self._client.worlds()
        name = self._wanted or (worlds[0] if worlds else "")
        if name not in worlds:
            raise NoSuchWorldError(f"the mock has no world {name}" if name else "the mock has no world")
        for kind, data in self._client.events(name):
            if self._stopped.is_set():
                return
            self._take(name, kind, data)

    def _take(self, name: str, kind: str, data: Any) -> None:
        if kind == "listening" or (kind == "change" and data["kind"] == "world"):
            self._load(name)
        with self._lock:
            self._version += 1
            if kind == "exchange":
                self._add(data)
            elif kind == "dropped" and self._before_gap is None:
                self._before_gap = max(self._exchanges, default=0)
            elif kind == "change" and data["kind"] == "task" and data["field"] == "status":
                before = self._changed.pop(data["id"], (data["was"],))
                self._changed[data["id"]] = (*before, data["now"])
        self._is_outdated.set()

    def _load(self, name: str) -> None:
        """Forgets the old world and loads the exchanges of the new one. Events in the meantime wait."""
        exchanges = self._client.exchanges(name, 0)
        with self._lock:
            self._clear()
            self._world, self._trouble = name, ""
            for exchange in exchanges:
                self._add(exchange)

    def _fill_gap(self, name: str) -> None:
        """Loads the exchanges that no event told, if there are any."""
        with self._lock:
            before, self._before_gap = self._before_gap, None
        if before is None:
            return
        exchanges = self._client.exchanges(name, before)
        with self._lock:
            if name == self._world:
                known = {exchange["number"]: exchange for exchange in exchanges} | self._exchanges
                self._exchanges = OrderedDict()
                for number in sorted(known):
                    self._add(known[number])

    def _add(self, exchange: Any) -> None:
        self._exchanges[exchange["number"]] = exchange
        if len(self._exchanges) > _MOST_EXCHANGES:
            self._exchanges.popitem(last=False)

    def _lose(self, trouble: str) -> None:
        with self._lock:
            self._version += 1
            self._trouble = trouble

    def _refresh(self) -> None:
        """Asks for the state, the verdict and the exchanges of a gap after changes."""
        while not self._stopped.is_set():
            self._is_outdated.wait()
            self._is_outdated.clear()
            began = time.monotonic()
            with suppress(WorkerkitError, ValueError):
                self._ask()
            pause = _PAUSE_FACTOR * (time.monotonic() - began)
            self._stopped.wait(min(max(pause, _SHORTEST_PAUSE), _LONGEST_PAUSE))

    def _ask(self) -> None:
        name = self._world
        self._fill_gap(name)
        state = self._client.state(name)
        verdict = None if state["scenario"] is None else self._client.verdict(name)
        with self._lock:
            if name == self._world:
                self._version += 1
                self._state, self._verdict = state, verdict
