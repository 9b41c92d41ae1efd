"""The base class of all faults."""

from __future__ import annotations

from typing import ClassVar


class Fault:
    """One way in which a request can go wrong. Each fault is a frozen dataclass of its parameters.

    kind: the name of the fault in scenario files and in calls of the control plane.
    operations: the operations that the fault can affect. Empty: all operations.
    needs_own_port: True if the fault affects all worlds on the same port.
    answer_unreadable: True if the client gets no answer, or an answer that it cannot read.
    """

    __slots__ = ()

    kind: ClassVar[str]
    operations: ClassVar[tuple[str, ...]] = ()
    needs_own_port: ClassVar[bool] = False
    answer_unreadable: ClassVar[bool] = False
