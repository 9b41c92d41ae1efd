"""A task goes to another server between two pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from workerkit.scenarios.faults.fault import Fault
from workerkit.scenarios.fields.kinds import OneOf, ServerName


@dataclass(frozen=True, slots=True)
class HandedOver(Fault):
    """After a page is answered a task goes to the server `to`, or to the first other one.

    Which: the page's `first`, its last, which the next page's `cursor` names, or the `next` one behind it.
    """

    kind: ClassVar[str] = "handed-over"
    operations: ClassVar[tuple[str, ...]] = ("listTasks",)

    which: Annotated[str, OneOf(("first", "cursor", "next"))] = "first"
    to: ServerName | None = None
