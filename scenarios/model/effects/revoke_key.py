"""A server's key stops working."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from workerkit.scenarios.fields.kinds import ServerName
from workerkit.scenarios.model.effects.effect import Effect


@dataclass(frozen=True, slots=True)
class RevokeKey(Effect):
    """From now on every request with the server's key is answered with 401; the server's status stays."""

    kind: ClassVar[str] = "revoke-key"

    server: ServerName

    @property
    def subject(self) -> str:
        return self.server
