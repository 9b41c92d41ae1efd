"""The base class of the parts of the server."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from tests.independent.call import Record
from tests.independent.choices import Choices
from tests.independent.kinds import Kind, uuid
from tests.independent.refusal import RefusalError, invalid
from tests.independent.store import Store

Clock = Callable[[], float]


@dataclass(frozen=True)
class SharedState:
    """The objects that all parts use. `clock` returns seconds since 1970."""

    store: Store
    choices: Choices
    clock: Clock


class Part:
    """The base class of the parts. A fault is a part with one wrong method or table."""

    def __init__(self, shared: SharedState) -> None:
        self.store = shared.store
        self.choices = shared.choices
        self.clock = shared.clock

    def checked(self, body: object, fields: Mapping[str, Kind], required: Collection[str] = ()) -> Record:
        """Returns the fields of a body that the API page lists.

        Raises RefusalError with 400 if the body is no object, a value is wrong or a field is missing.
        """
        if not isinstance(body, dict):
            raise invalid("invalid_body")
        if self.choices.null_field == "ignore":
            body = {name: value for name, value in body.items() if value is not None}
        if self.choices.unknown_field == "reject" and body.keys() - fields.keys():
            raise invalid("unknown_field")
        if any(name not in body for name in required):
            raise invalid("missing_field")
        named = {name: value for name, value in body.items() if name in fields}
        if not all(fields[name](value) for name, value in named.items()):
            raise invalid("invalid_field")
        return named

    def identity(self, value: str) -> str:
        """Returns the id in lower case.

        Raises RefusalError if it is not a UUID.
        """
        if uuid(value):
            return value.lower()
        raise (
            invalid("invalid_id") if self.choices.malformed_id == "reject" else RefusalError(404, "not_found")
        )

    def time(self, seconds: float | None) -> str | None:
        """Returns a time as text, `2025-12-01T10:00:00Z`. Depending on the choices, with milliseconds."""
        if seconds is None:
            return None
        moment = datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)
        return f"{moment.isoformat(timespec=self.choices.time_precision)}Z"
