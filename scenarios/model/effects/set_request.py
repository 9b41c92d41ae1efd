"""A customer's request is closed, or otherwise changes its status."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from workerkit.scenarios.fields.kinds import RequestName
from workerkit.scenarios.model.effects.effect import Effect


@dataclass(frozen=True, slots=True)
class SetRequest(Effect):
    """The request of this name has another status; its tasks stay as they are."""

    kind: ClassVar[str] = "set-request"

    name: RequestName
    status: str

    @property
    def subject(self) -> str:
        return self.name
