"""A recorded page of a task list. Its counts say how many tasks the server has."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from workerkit.openapi.exchange_reader import Json, total_of
from workerkit.openapi.spec.operation import Call

_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,15})?")


@dataclass(frozen=True, slots=True)
class CountedList:
    """One answer to `listTasks`.

    Its total counts all tasks that match the filters of the request. With a cursor, some servers count only
    the tasks behind the cursor.

    owner: the name of the server that sent the request.
    call: the parameters of the request.
    page: the listed tasks.
    answer: the body of the answer.
    changed_statuses: a mapping from task id to the newest status. It has only the tasks with a status that
        was set by an earlier request. In some dialects, a list sets statuses, too.
    follows_update: whether an earlier request was an update of a status.
    number: the number of the exchange.
    """

    owner: str
    call: Call
    page: list[Json]
    answer: Json
    changed_statuses: Mapping[str, str]
    follows_update: bool
    number: int

    @property
    def statuses(self) -> list[str]:
        """The statuses in the filter of the request."""
        return list(self.call.parameters["status"])

    @property
    def service_type(self) -> str | None:
        """The service type in the filter of the request. None if the request has no such filter."""
        service_type = self.call.parameters["service_type"]
        return None if service_type is None else str(service_type)

    @property
    def filter(self) -> tuple[str, frozenset[str], str | None]:
        """The server and the filters. Pages with the same filter belong to the same list."""
        return self.owner, frozenset(self.statuses), self.service_type

    @property
    def width(self) -> tuple[bool, int]:
        """A sort key: narrow filters sort before wide filters."""
        return self.service_type is None, len(self.statuses)

    @property
    def cursor(self) -> str | None:
        """The id in the parameter `after` of the request, in lower case. None without a cursor."""
        is_given = "after" in self.call.given_parameters
        return str(self.call.parameters["after"]).lower() if is_given else None

    @property
    def is_end(self) -> bool:
        """Whether the page is behind a cursor, and contains the last task of the list."""
        return self.cursor is not None and bool(self.page) and not self.is_full

    def has_filter_of(self, other: CountedList) -> bool:
        """Whether this list would show all tasks of the other list, which is of the same server."""
        return (
            self.owner == other.owner
            and {*other.statuses} <= {*self.statuses}
            and self.service_type in (None, other.service_type)
        )

    @property
    def tasks_before(self) -> int:
        """How many tasks are on the pages before this page."""
        return int(self.call.parameters["page"] - 1) * self.limit

    @property
    def limit(self) -> int:
        """How many tasks the page may have.

        The limit of the request and the one in the answer may differ: a server may use a smaller limit, or
        name another one than it uses.
        """
        return int(min(self.call.parameters["limit"], number_or_zero(self.answer.get("limit"))))

    @property
    def total(self) -> int:
        """The total number of tasks according to the answer."""
        return int(number_or_zero(total_of(self.answer)))

    @property
    def is_complete(self) -> bool:
        """Whether the page contains all tasks with these statuses."""
        is_first = self.service_type is None and self.call.parameters["page"] == 1 and self.cursor is None
        return is_first and (not self.is_full or self.total == len(self.page))

    @property
    def is_full(self) -> bool:
        """Whether the page has as many tasks as its limit allows, so that more tasks may exist."""
        return bool(self.page) and len(self.page) >= self.limit


def number_or_zero(value: object) -> float:
    """The value if it is a number, also in quotes, otherwise 0. A server may answer with anything."""
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return float(value) if "." in value else int(value)
    return value if isinstance(value, int | float) else 0
