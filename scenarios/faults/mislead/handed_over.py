"""A fault: a task moves to another server after a page of a task list is answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from workerkit.scenarios.faults.fault import Fault
from workerkit.scenarios.fields.kinds import OneOf, ServerName


@dataclass(frozen=True, slots=True)
class HandedOver(Fault):
    """After the answer with a page, a task moves to another server.

    which: `first` is the first task of the page, `cursor` its last task, `next` the task after the page.
    to: the new server. Without it, the first of the other servers.
    """

    kind: ClassVar[str] = "handed-over"
    operations: ClassVar[tuple[str, ...]] = ("listTasks",)

    which: Annotated[str, OneOf(("first", "cursor", "next"))] = "first"
    to: ServerName | None = None
