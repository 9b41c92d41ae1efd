"""Effects that change the status of a server, of a customer's request or of an account."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from workerkit.scenarios.fields.kinds import AccountName, RequestName, ServerName, ServerStatus
from workerkit.scenarios.model.effects.effect import Effect


@dataclass(frozen=True, slots=True)
class SetServer(Effect):
    """The server gets this status. The server's key works only if the status is `online` or `active`."""

    kind: ClassVar[str] = "set-server"

    name: ServerName
    status: ServerStatus

    @property
    def subject(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class SetCustomerRequest(Effect):
    """The customer's request of this name gets this status. Its tasks do not change."""

    kind: ClassVar[str] = "set-request"

    name: RequestName
    status: str

    @property
    def subject(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class SetAccount(Effect):
    """The account of this username gets this status. Its tasks do not change."""

    kind: ClassVar[str] = "set-account"

    name: AccountName
    status: str

    @property
    def subject(self) -> str:
        return self.name
