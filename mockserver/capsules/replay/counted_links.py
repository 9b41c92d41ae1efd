"""A list without a cursor: what it counted, and which tasks cannot have been there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from workerkit.mockserver.capsules.replay.evidence import number
from workerkit.openapi.exchange_reader import Json
from workerkit.openapi.spec.operation import Call


@dataclass(frozen=True, slots=True)
class CountedList:
    """A list that counted tasks: whose it is, what was asked for, the page, the answer.

    In `since` are the statuses that tasks were given by then.
    """

    owner: str
    call: Call
    page: list[Json]
    answer: Json
    since: Mapping[str, str]

    @property
    def statuses(self) -> list[str]:
        """The statuses that it was asked for."""
        return list(self.call.parameters["status"])

    @property
    def service(self) -> str | None:
        """The type of service that it was asked for; None for all."""
        service = self.call.parameters["service_type"]
        return None if service is None else str(service)

    @property
    def width(self) -> tuple[bool, int]:
        """How much its filters let through: one service or all, so many statuses."""
        return self.service is None, len(self.statuses)

    @property
    def passed(self) -> int:
        """How many tasks are on the pages before it."""
        return int((self.call.parameters["page"] - 1) * number(self.answer.get("limit")))

    @property
    def total(self) -> int:
        """How many tasks it said there are."""
        return int(number(self.answer.get("total")))

    @property
    def is_whole(self) -> bool:
        """Whether every task with one of its statuses is on its page."""
        is_first = self.service is None and self.call.parameters["page"] == 1
        return is_first and (not self.is_full or self.total == len(self.page))

    @property
    def is_full(self) -> bool:
        """Whether there may be more tasks than it has on its page."""
        return bool(self.page) and len(self.page) >= int(number(self.answer.get("limit")))
