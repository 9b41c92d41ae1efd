"""Says which requests a fault affects."""

from __future__ import annotations

from dataclasses import dataclass

from workerkit.scenarios.fields.kinds import ANY, CallSpan, OperationName, Positive, Seconds, Share


@dataclass(frozen=True, slots=True)
class Schedule:
    """Says which requests a fault affects. A request is a call of an operation.

    operation: only calls of this operation count; `any` is all. Counting starts when the fault is
        added. If a request adds the fault, as with the triggers call and match, this request is call 1.
    probability: how likely it is that the fault affects a call that all other fields allow.
    calls: only the calls in this span, such as `3..7`.
    nth: only the call with this number.
    after: only calls that arrive at least this long after the fault was added, on the world's clock.
    for_: how long the fault affects calls, from `after` on. If it is missing, the fault never ends.
    times: the fault affects at most this number of calls.
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

    def counts(self, operation: str | None) -> bool:
        """Whether a request is counted. `operation` is None if the request belongs to no operation."""
        return self.operation in (ANY, operation)

    def allows(self, call: int, *, elapsed: float) -> bool:
        """Whether the fault may affect this call, `elapsed` seconds after the fault was added."""
        return self._allows_call(call) and self._allows_time(max(elapsed, 0.0))

    def _allows_call(self, call: int) -> bool:
        return self.nth in (None, call) and (self.calls is None or call in self.calls)

    def _allows_time(self, elapsed: float) -> bool:
        return self.after <= elapsed and (self.for_ is None or elapsed < self.after + self.for_)
