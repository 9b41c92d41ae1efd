"""The connection is closed in the middle of the answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from workerkit.scenarios.faults.fault import Fault
from workerkit.scenarios.fields.kinds import Share


@dataclass(frozen=True, slots=True)
class CloseInBody(Fault):
    """The request is applied; after the head and this share of the body the connection is closed."""

    kind: ClassVar[str] = "close-in-body"
    garbles: ClassVar[bool] = True

    share: Share = 0.5
