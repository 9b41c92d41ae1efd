"""A server's key works again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from workerkit.scenarios.fields.kinds import ServerName
from workerkit.scenarios.model.effects.effect import Effect


@dataclass(frozen=True, slots=True)
class RestoreKey(Effect):
    """The same key that was revoked works again; without effect on a key that works."""

    kind: ClassVar[str] = "restore-key"

    server: ServerName

    @property
    def subject(self) -> str:
        return self.server
