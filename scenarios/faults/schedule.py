"""When a fault strikes."""

from __future__ import annotations

from dataclasses import dataclass

from workerkit.scenarios.fields.kinds import ANY, CallSpan, OperationName, Positive, Seconds, Share


@dataclass(frozen=True, slots=True)
class Schedule:
    """Calls of one operation (`any`: of any), counted from 1 since the fault was added.

    `calls` is a span such as `3..7`, `nth` one call. `after` and `for` are a window on the world's clock: it
    opens so long after the fault was added, and for so long. A call that all of them allow is struck with
    `probability`, and at most so many `times` one is.
    """

    operation: OperationName = ANY
    probability: Share = 1.0
    calls: CallSpan | None = None
    nth: Positive | None = None
    after: Seconds = 0.0
    for_: Seconds | None = None
    times: Positive | None = None

    def __post_init__(self) -> None:
        if self.calls is not None and self.nth is not None:
            raise ValueError("calls and nth are both given: keep one")

    def concerns(self, operation: str | None) -> bool:
        """Whether calls of an operation (None: of no operation) count."""
        return self.operation in (ANY, operation)

    def covers(self, call: int, *, elapsed: float) -> bool:
        """Whether the call of that number can be struck, so many seconds after the fault was added."""
        return self._covers_call(call) and self._covers_time(max(elapsed, 0.0))

    def _covers_call(self, call: int) -> bool:
        return self.nth in (None, call) and (self.calls is None or call in self.calls)

    def _covers_time(self, elapsed: float) -> bool:
        return self.after <= elapsed and (self.for_ is None or elapsed < self.after + self.for_)
