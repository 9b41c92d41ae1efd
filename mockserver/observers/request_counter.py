"""Counts the requests of all worlds for a person who watches. Equal requests are one line with a number."""

from __future__ import annotations

from dataclasses import dataclass

from workerkit.mockserver.world.world import World
from workerkit.mockserver.world.world_mask import mask_of
from workerkit.mockserver.worlds.worlds import ExchangeOrChange
from workerkit.scenarios.run_record.change import Change

_MAX_LINES = 50


@dataclass(frozen=True, slots=True)
class RequestLine:
    """One request, or several equal requests, without secrets.

    world: the name of the world.
    server: the name of the server that owns the API key. Empty if no server owns it.
    asked: the operationId, or the method and the path if the API has no such operation.
    status: the HTTP status of the answer. None if no answer came.
    why: why the mock refused the request. Empty if the mock did not refuse it.
    seconds: the duration of the newest of the requests, on the clock of the world.
    count: how many requests these are.
    """

    world: str
    server: str
    asked: str
    status: int | None
    why: str
    seconds: float = 0.0
    count: int = 1

    @property
    def subject(self) -> tuple[object, ...]:
        """What equal requests have in common."""
        return (self.world, self.server, self.asked, self.status, self.why)


_Subject = tuple[World, str | None, str, int | None, str]


class RequestCounter:
    """Counts equal requests until `take` is called. Use `note` as subscriber of `Worlds`.

    At most 50 different lines are kept. Requests that would need one more line are only counted.
    """

    def __init__(self) -> None:
        self._counts: dict[_Subject, int] = {}
        self._seconds: dict[_Subject, float] = {}
        self._uncounted = 0

    @property
    def is_empty(self) -> bool:
        """Whether there was no request since the last `take`."""
        return not self._counts

    def note(self, world: World, item: ExchangeOrChange) -> None:
        """Counts an exchange. Changes are not counted."""
        if isinstance(item, Change):
            return
        asked = item.operation or f"{item.method} {item.path}"
        subject = (world, item.server, asked, item.status, item.why)
        count = self._counts.get(subject, 0)
        if not count and len(self._counts) == _MAX_LINES:
            self._uncounted += 1
            return
        self._counts[subject] = count + 1
        self._seconds[subject] = item.ended - item.began

    def take(self) -> tuple[list[RequestLine], int]:
        """Returns the lines since the last call, in the order of their first requests.

        The number says how many requests are in no line. Call this in the thread of the mock.
        """
        counts, seconds, uncounted = self._counts, self._seconds, self._uncounted
        self._counts, self._seconds, self._uncounted = {}, {}, 0
        return [_line(subject, count, seconds[subject]) for subject, count in counts.items()], uncounted


def _line(subject: _Subject, count: int, seconds: float) -> RequestLine:
    world, server, asked, status, why = subject
    mask = mask_of(world)
    return RequestLine(world.name, server or "", mask.text(asked), status, mask.text(why), seconds, count)
