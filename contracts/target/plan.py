"""The limits of a run: what it may change, how fast it sends, and when it ends."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal
from uuid import UUID

from workerkit.contracts.target.target import Target
from workerkit.openapi.errors import UsageError

_REMOTE_RATE = 10.0


class Writes(StrEnum):
    """Which requests a run may send.

    all: every request.
    sandbox: the requests of `none`, and requests that change the sandbox.
    none: only requests that change nothing on a correct server.
    """

    ALL = "all"
    SANDBOX = "sandbox"
    NONE = "none"


# The number of requests that are reserved to read the sandbox at the end of a run and to put its tasks back.
REQUESTS_TO_RESTORE = 30
_LEAST_WITH_SANDBOX = 2 * REQUESTS_TO_RESTORE


class BadPlanError(UsageError, ValueError):
    """A limit of a run is not valid. The text says which one."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The limits of a run. Except for `rate`, None means that there is no limit. Raises BadPlanError.

    The sandbox is what the run may change with `writes=sandbox`: some tasks, the status of some customers'
    requests, and the status of the account of the target.
    The same plan sends the same requests to the same server in the same state, unless `time_limit` ends the
    run.

    writes: which requests the run may send.
    rate: the highest number of requests per second. None means the default: 10 for a target on another
        machine, and no limit for a target on this machine. `math.inf` is never a limit.
    max_requests: the highest number of requests in the whole run.
    time_limit: the longest time of the run, in seconds.
    patience: the longest time to wait for one answer, in seconds.
    seed: the seed of all random numbers in the run.
    sandbox_requests: names of customers' requests. Their tasks and their status are in the sandbox.
    sandbox_tasks: ids of further tasks in the sandbox.
    """

    writes: Writes | Literal["all", "sandbox", "none"] = Writes.ALL
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
                raise BadPlanError(f"{name} must be more than 0, not {value}")
        if self.seed < 0:
            raise BadPlanError(f"seed must be 0 or more, not {self.seed}")
        object.__setattr__(self, "sandbox_tasks", tuple(map(_task_id, self.sandbox_tasks)))
        self._check_sandbox()

    @property
    def max_test_requests(self) -> int | None:
        """How many requests the tests may send.

        If there is a sandbox, the other requests are reserved for putting the sandbox back.
        """
        if self.writes is not Writes.SANDBOX or self.max_requests is None:
            return self.max_requests
        return self.max_requests - REQUESTS_TO_RESTORE

    def rate_to(self, target: Target) -> float | None:
        """The highest number of requests per second to this target. None means that there is no limit."""
        return self.rate or default_rate(target)

    def _check_sandbox(self) -> None:
        named = bool(self.sandbox_requests or self.sandbox_tasks)
        if self.writes is Writes.SANDBOX and not named:
            raise BadPlanError(
                "--writes sandbox needs the tasks that the run may change: "
                "give --sandbox-request NAME or --sandbox-task ID. "
                "More: workerkit docs how-to/sandbox-on-staging"
            )
        if named and self.writes is not Writes.SANDBOX:
            raise BadPlanError(f"--writes is {self.writes}, but a sandbox is given: give --writes sandbox")
        if self.writes is Writes.SANDBOX and (self.max_requests or _LEAST_WITH_SANDBOX) < _LEAST_WITH_SANDBOX:
            raise BadPlanError(
                f"--max-requests {self.max_requests} is too few: the run also reads the sandbox and puts it "
                f"back at the end. Give {_LEAST_WITH_SANDBOX} or more"
            )


def default_writes(target: Target) -> Writes:
    """`all` for a target on this machine, `none` for a remote target, because others may use it."""
    return Writes.ALL if target.is_loopback else Writes.NONE


def default_rate(target: Target) -> float | None:
    """No limit on this machine. 10 requests per second to a remote target, because others may use it."""
    return None if target.is_loopback else _REMOTE_RATE


def _task_id(text: str) -> str:
    try:
        return str(UUID(text.strip()))
    except ValueError:
        raise BadPlanError(f"{text!r} is not a task id: give a UUID from GET /tasks") from None


def _writes(value: str) -> Writes:
    try:
        return Writes(value)
    except ValueError:
        raise BadPlanError(f"writes must be one of {', '.join(Writes)}, not {value}") from None
