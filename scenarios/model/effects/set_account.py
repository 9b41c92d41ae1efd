"""An account is closed, or otherwise changes its status."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from workerkit.scenarios.fields.kinds import AccountName
from workerkit.scenarios.model.effects.effect import Effect


@dataclass(frozen=True, slots=True)
class SetAccount(Effect):
    """The account of this username has another status; its tasks stay as they are."""

    kind: ClassVar[str] = "set-account"

    name: AccountName
    status: str

    @property
    def subject(self) -> str:
        return self.name
