"""Effects on the API keys of servers."""

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


@dataclass(frozen=True, slots=True)
class RestoreKey(Effect):
    """The same key that was revoked works again; without effect on a key that works."""

    kind: ClassVar[str] = "restore-key"

    server: ServerName

    @property
    def subject(self) -> str:
        return self.server


@dataclass(frozen=True, slots=True)
class ReplaceKey(Effect):
    """From now on the server has another key, its only one; every request with the old one gets 401.

    Without `key` the kit makes one up, which nobody is told: for the worker its key is gone for good.
    """

    kind: ClassVar[str] = "replace-key"

    server: ServerName
    key: str | None = None

    @property
    def subject(self) -> str:
        return self.server
