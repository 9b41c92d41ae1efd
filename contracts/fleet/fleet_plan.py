"""What the simulated servers of a fleet do, and where."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from workerkit.contracts.target.plan import REQUESTS_TO_RESTORE, Plan
from workerkit.contracts.target.target import Target

# In seconds, without a limit of the rate.
_LONGEST_END = 60.0
# In seconds. The API page says nothing about time, and a server under load may be slow.
_PATIENCE = 30.0


@dataclass(frozen=True, slots=True)
class FleetPlan:
    """The plan of a fleet, or of the part of a fleet that one process simulates.

    base_url: the address of the API. It ends in `/api/v1/worker`.
    keys: the API keys of the servers, one for each simulated server.
    writes: which requests the servers may send: `all`, `sandbox` or `none`.
    rate: the highest number of requests per second of all these servers together. None for no limit.
    sandbox_requests: names of customers' requests whose tasks are in the sandbox.
    sandbox_tasks: ids of further tasks in the sandbox.
    """

    base_url: str
    keys: tuple[str, ...]
    writes: str
    rate: float | None = None
    sandbox_requests: tuple[str, ...] = ()
    sandbox_tasks: tuple[str, ...] = ()

    def target(self, key: str) -> Target:
        """The target of one server. Raises BadTargetError."""
        return Target(self.base_url, api_key=key)

    def limits(self) -> Plan:
        """The limits of one server's requests. Raises BadPlanError."""
        return Plan(
            writes=self.writes,  # type: ignore[arg-type]
            rate=self.rate,
            patience=_PATIENCE,
            sandbox_requests=self.sandbox_requests,
            sandbox_tasks=self.sandbox_tasks,
        )

    @property
    def seconds_to_end(self) -> float:
        """How long the servers may need to finish their round, read all tasks and put a sandbox back."""
        rate = self.limits().rate_to(self.target(self.keys[0])) if self.keys else None
        return _LONGEST_END if rate is None else _LONGEST_END + len(self.keys) * REQUESTS_TO_RESTORE / rate

    def shares(self, count: int) -> Iterator[FleetPlan]:
        """The plans of `count` processes: each has its part of the servers and of the rate."""
        for index in range(count):
            rate = None if self.rate is None else self.rate / count
            yield replace(self, keys=self.keys[index::count], rate=rate)

    def as_json(self) -> dict[str, Any]:
        """The plan as JSON, for a message to another process. It has the keys."""
        return asdict(self)

    @classmethod
    def from_json(cls, plan: Mapping[str, Any]) -> FleetPlan:
        """The plan that `as_json` returned."""
        return cls(**{name: _as_tuple(value) for name, value in plan.items()})


def _as_tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, Sequence) and not isinstance(value, str) else value
