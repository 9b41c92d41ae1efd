"""What every fault has in common."""

from __future__ import annotations

from typing import ClassVar


class Fault:
    """One way in which a request can go wrong, as a frozen dataclass whose fields are its parameters.

    `kind` is its name in scenario files and calls; `operations` are those that it can strike, none for all.
    `garbles` says that the client gets no answer, or one that it cannot read.
    """

    __slots__ = ()

    kind: ClassVar[str]
    operations: ClassVar[tuple[str, ...]] = ()
    garbles: ClassVar[bool] = False
