"""A server's status changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from workerkit.scenarios.fields.kinds import ServerName, ServerStatus
from workerkit.scenarios.model.effects.effect import Effect


@dataclass(frozen=True, slots=True)
class SetServer(Effect):
    """From now on the server has another status; its key works only while that status is an active one."""

    kind: ClassVar[str] = "set-server"

    name: ServerName
    status: ServerStatus

    @property
    def subject(self) -> str:
        return self.name
