"""Counts the requests of a mock in plain numbers, so that counting costs almost nothing."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable

# The upper bounds of the classes of durations, in seconds. The last class has no bound.
BOUNDS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.25, 1.0, 2.5, 10.0, 30.0)
OperationAndStatus = tuple[str | None, int | None]


class RequestFigures:
    """What a mock has done since its start.

    requests: how many requests there were, by operation and status. The operation is None if no operation has
        the path and method. The status is None if a fault sent no status.
    refusals: those of the requests that the API refused: neither a fault nor a scenario made the answer.
    faults: how many requests each kind of fault was applied to.
    durations: how many requests took how long, one number for each class of `BOUNDS`.
    seconds: how long all requests took together.
    """

    def __init__(self) -> None:
        self.requests: dict[OperationAndStatus, int] = {}
        self.refusals: Counter[OperationAndStatus] = Counter()
        self.faults: Counter[str] = Counter()
        self.durations = [0] * (len(BOUNDS) + 1)
        self.seconds = 0.0

    def add_request(self, operation: str | None, status: int | None, seconds: float) -> None:
        """Counts a request. seconds: from its arrival until its answer was made or sent."""
        key = (operation, status)
        requests = self.requests
        requests[key] = requests.get(key, 0) + 1
        self.durations[bisect_left(BOUNDS, seconds)] += 1
        self.seconds += seconds

    def add_refusal(self, operation: str | None, status: int) -> None:
        """Counts a refusal by the API."""
        self.refusals[operation, status] += 1

    def add_faults(self, kinds: Iterable[str]) -> None:
        """Counts the faults that were applied to a request."""
        self.faults.update(kinds)
