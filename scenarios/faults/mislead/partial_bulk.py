"""A bulk update that stops half-way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from workerkit.scenarios.faults.fault import Fault
from workerkit.scenarios.fields.kinds import NotNegative, OneOf


@dataclass(frozen=True, slots=True)
class PartialBulk(Fault):
    """The first `applied` items of a longer batch are applied and the others are not.

    `then` is what the client gets: `error` is a 500, `lost` a TCP reset.
    """

    kind: ClassVar[str] = "partial-bulk"
    operations: ClassVar[tuple[str, ...]] = ("bulkUpdateTasks",)

    applied: NotNegative = 1
    then: Annotated[str, OneOf(("error", "lost"))] = "error"
