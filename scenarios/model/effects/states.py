"""Effects on the status of a server, of a customer's request and of an account."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from workerkit.scenarios.fields.kinds import AccountName, RequestName, ServerName, ServerStatus
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


@dataclass(frozen=True, slots=True)
class SetCustomerRequest(Effect):
    """The request of this name has another status; its tasks stay as they are."""

    kind: ClassVar[str] = "set-request"

    name: RequestName
    status: str

    @property
    def subject(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class SetAccount(Effect):
    """The account of this username has another status; its tasks stay as they are."""

    kind: ClassVar[str] = "set-account"

    name: AccountName
    status: str

    @property
    def subject(self) -> str:
        return self.name
