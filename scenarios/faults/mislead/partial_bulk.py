"""A fault: a bulk update stops after some of its items."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from workerkit.scenarios.faults.fault import Fault
from workerkit.scenarios.fields.kinds import NotNegative, OneOf


@dataclass(frozen=True, slots=True)
class PartialBulk(Fault):
    """Only the first items of a bulk update take effect. A bulk update with `applied` items or fewer is not
    affected.

    applied: how many items take effect.
    then: what the client gets: `error` is a 500, `lost` is a TCP reset.
    """

    kind: ClassVar[str] = "partial-bulk"
    operations: ClassVar[tuple[str, ...]] = ("bulkUpdateTasks",)

    applied: NotNegative = 1
    then: Annotated[str, OneOf(("error", "lost"))] = "error"
