"""How far a run may go."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from workerkit.contracts.target.target import Target
from workerkit.openapi.errors import UsageError

_GENTLE = 10.0


class Writes(StrEnum):
    """What may be sent: `all` is anything, `none` only what a correct server does not act on.

    `sandbox` adds to `none` what changes the tasks that the plan names.
    """

    ALL = "all"
    SANDBOX = "sandbox"
    NONE = "none"


# What reading a sandbox again, and putting its tasks back, takes at most.
MOST_TO_PUT_BACK = 30
FEWEST_IN_SANDBOX = 2 * MOST_TO_PUT_BACK


class BadPlanError(UsageError, ValueError):
    """A bound makes no sense; the text says which."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The bounds of a run: `rate` in requests a second, the time limit and `patience` (for one
    answer) in seconds.

    A bound of None does not bound. The sandbox is the tasks of the requests named in `sandbox_requests`, as
    tasks show it in `request_name`, and those with an id of `sandbox_tasks`; it goes with writes=sandbox, and
    with nothing else. The same plan against the same server in the same state sends the same requests, unless
    `time_limit` ends the run. Raises BadPlan.
    """

    writes: Writes = Writes.ALL
    rate: float | None = None
    max_requests: int | None = None
    time_limit: float | None = None
    patience: float = 10.0
    seed: int = 1
    sandbox_requests: tuple[str, ...] = ()
    sandbox_tasks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "writes", _writes(self.writes))
        for name in ("rate", "max_requests", "time_limit", "patience"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise BadPlanError(f"{name} has to be more than 0, not {value}")
        if self.seed < 0:
            raise BadPlanError(f"seed has to be 0 or more, not {self.seed}")
        object.__setattr__(self, "sandbox_tasks", tuple(map(_task_id, self.sandbox_tasks)))
        self._check_sandbox()

    @property
    def most_of_its_own(self) -> int | None:
        """How many requests the tests may need: what puts a sandbox back is kept for that."""
        if self.writes is not Writes.SANDBOX or self.max_requests is None:
            return self.max_requests
        return self.max_requests - MOST_TO_PUT_BACK

    def _check_sandbox(self) -> None:
        named = bool(self.sandbox_requests or self.sandbox_tasks)
        if self.writes is Writes.SANDBOX and not named:
            raise BadPlanError(
                "--writes sandbox needs to know what may be changed: "
                "give --sandbox-request NAME or --sandbox-task ID"
            )
        if named and self.writes is not Writes.SANDBOX:
            raise BadPlanError(f"a sandbox is named, yet writes is {self.writes}: give --writes sandbox, too")
        if self.writes is Writes.SANDBOX and (self.max_requests or FEWEST_IN_SANDBOX) < FEWEST_IN_SANDBOX:
            raise BadPlanError(
                f"--max-requests {self.max_requests} is too few for a sandbox, which is read before and put "
                f"back afterwards: give {FEWEST_IN_SANDBOX} or more"
            )


def default_writes(target: Target) -> Writes:
    """Anything for a target on this machine, nothing that changes it elsewhere: it may be shared."""
    return Writes.ALL if target.is_loopback else Writes.NONE


def default_rate(target: Target) -> float | None:
    """As fast as it goes on this machine, ten requests a second elsewhere: others may work there, too."""
    return None if target.is_loopback else _GENTLE


def _task_id(text: str) -> str:
    try:
        return str(UUID(text.strip()))
    except ValueError:
        raise BadPlanError(f"{text!r} is not a task id: give a UUID from the list of tasks") from None


def _writes(value: str) -> Writes:
    try:
        return Writes(value)
    except ValueError:
        raise BadPlanError(f"writes has to be one of {', '.join(Writes)}, not {value}") from None
