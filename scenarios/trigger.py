"""When something happens in a scenario."""

from __future__ import annotations

from dataclasses import dataclass

from workerkit.scenarios.kinds import ANY, OperationName, Positive, Seconds


@dataclass(frozen=True, slots=True)
class OnCall:
    """The nth request of an operation (`any`: of any) since the start; that request already feels it."""

    number: Positive
    of: OperationName = ANY


@dataclass(frozen=True, slots=True)
class After:
    """So many seconds after the happening before it in the list; for the first one, after the start."""

    seconds: Seconds


Trigger = OnCall | After

TRIGGERS: dict[str, type[OnCall] | type[After]] = {"call": OnCall, "after": After}
