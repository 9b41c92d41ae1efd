"""Effects that change the API key of a server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from workerkit.scenarios.fields.kinds import ServerName
from workerkit.scenarios.model.effects.effect import Effect


@dataclass(frozen=True, slots=True)
class RevokeKey(Effect):
    """From now on every request with the server's key gets 401. The server's status does not change."""

    kind: ClassVar[str] = "revoke-key"

    server: ServerName

    @property
    def subject(self) -> str:
        return self.server


@dataclass(frozen=True, slots=True)
class RestoreKey(Effect):
    """The server's revoked key works again. If the key was not revoked, nothing changes."""

    kind: ClassVar[str] = "restore-key"

    server: ServerName

    @property
    def subject(self) -> str:
        return self.server


@dataclass(frozen=True, slots=True)
class ReplaceKey(Effect):
    """From now on the server has a new key, and every request with the old key gets 401.

    Without `key` the kit chooses a new key. The worker does not get this key.
    """

    kind: ClassVar[str] = "replace-key"

    server: ServerName
    key: str | None = None

    @property
    def subject(self) -> str:
        return self.server
