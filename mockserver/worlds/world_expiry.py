"""Removes worlds that nobody has used for a long time, for example those of clients that have crashed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from workerkit.mockserver.worlds.director import Director
from workerkit.mockserver.worlds.worlds import DEFAULT, Worlds
from workerkit.scenarios.fields.duration import duration_text

_CHECKS = 10
_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.01, 60.0


@dataclass(frozen=True, slots=True)
class _LastUse:
    """What was seen of a world when it was last found in use, and when that was, in seconds."""

    director: Director
    uses: tuple[int, int]
    at: float


class WorldExpiry:
    """Removes each world that nobody has used for a time. The world `default` stays.

    A world is used by the requests of its workers and by the calls of the control plane that name it.

    worlds: the worlds.
    seconds: how long a world stays without being used.
    print_line: is called with a sentence for each world that is removed.
    """

    def __init__(self, worlds: Worlds, seconds: float, print_line: Callable[[str], None]) -> None:
        self._worlds, self._seconds, self._print_line = worlds, seconds, print_line
        self._last_uses: dict[str, _LastUse] = {}

    @property
    def seconds_to_next_check(self) -> float:
        """How long to wait before the next call of `check`."""
        return max(_SHORTEST_PAUSE, min(self._seconds / _CHECKS, _LONGEST_PAUSE))

    def check(self, now: float) -> None:
        """Removes the worlds that have expired.

        now: the time on any clock that only moves forward, in seconds.
        """
        before, self._last_uses = self._last_uses, {}
        for name in self._worlds.names():
            if name != DEFAULT:
                self._check_world(name, before.get(name), now)

    def _check_world(self, name: str, last: _LastUse | None, now: float) -> None:
        director = self._worlds.director(name)
        uses = director.world.journal.count, self._worlds.uses(name)
        if last is None or last.director is not director or last.uses != uses:
            last = _LastUse(director, uses, now)
        if now - last.at < self._seconds:
            self._last_uses[name] = last
            return
        self._worlds.remove(name)
        self._print_line(
            f"the world {name} was removed, because nobody had used it for {duration_text(self._seconds)}; "
            "a longer time can be set with --world-ttl"
        )
