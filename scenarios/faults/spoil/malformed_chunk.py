"""A chunked answer that is no chunked answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from workerkit.scenarios.faults.fault import Fault
from workerkit.scenarios.fields.kinds import Share


@dataclass(frozen=True, slots=True)
class MalformedChunk(Fault):
    """The request is applied; after a first chunk with this share of the body comes one without a length."""

    kind: ClassVar[str] = "malformed-chunk"
    garbles: ClassVar[bool] = True

    share: Share = 0.5
