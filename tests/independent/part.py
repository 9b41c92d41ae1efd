"""What every part of the server has: the store, the choices and the clock; how bodies are checked."""

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
class Desk:
    """What the parts share; the clock gives Unix seconds."""

    store: Store
    choices: Choices
    clock: Clock


class Part:
    """Base of the parts. A fault is a part of which one method or table is wrong."""

    def __init__(self, desk: Desk) -> None:
        self.store = desk.store
        self.choices = desk.choices
        self.clock = desk.clock

    def checked(self, body: object, fields: Mapping[str, Kind], required: Collection[str] = ()) -> Record:
        """The fields of a body that the page names.

        Raises Refusal with 400 for anything but an object, a value of a wrong kind or a missing field.
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
        """An id in lower case.

        Raises Refusal for what is no uuid.
        """
        if uuid(value):
            return value.lower()
        raise (
            invalid("invalid_id") if self.choices.malformed_id == "reject" else RefusalError(404, "not_found")
        )

    def time(self, seconds: float | None) -> str | None:
        """A time as on the page, `2025-12-01T10:00:00Z`, perhaps with milliseconds."""
        if seconds is None:
            return None
        moment = datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)
        return f"{moment.isoformat(timespec=self.choices.time_precision)}Z"
