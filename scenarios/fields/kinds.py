"""What a value in a scenario file stands for, said in the annotation of the field that takes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any

from workerkit.scenarios.fields.call_span import Calls


class ValueKind(Enum):
    """The kinds of word and number that a plain `str` or `float` does not tell apart."""

    SECONDS = "a length of time"
    TIME = "a moment"
    OPERATION = "operation"
    SERVER_STATUS = "server status"
    SERVER = "server of this world"
    REQUEST = "request of this world"
    ACCOUNT = "account of this world"
    GROUP = "group of tasks"
    HAPPENING = "happening"
    TASK_STATUS = "task status"
    TASK_FIELDS = "fields of a task"
    ERROR_STATUS = "error status"
    STATUS = "status of an answer"
    CALLS = "span of calls"
    HEADERS = "headers"
    QUERY = "parameters of a query"
    JSON = "JSON"


@dataclass(frozen=True, slots=True)
class AtLeast:
    """The smallest number that a field takes."""

    minimum: int


@dataclass(frozen=True, slots=True)
class Between:
    """The smallest and the largest number, not necessarily whole, that a field takes."""

    least: float
    most: float


@dataclass(frozen=True, slots=True)
class OneOf:
    """The words that a field takes."""

    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OneOrMore:
    """A word of a kind, or a list of such words."""

    kind: ValueKind


ANY = "any"

Seconds = Annotated[float, ValueKind.SECONDS]
Moment = Annotated[float, ValueKind.TIME]
OperationName = Annotated[str, ValueKind.OPERATION]
OperationNames = Annotated[tuple[str, ...], OneOrMore(ValueKind.OPERATION)]
ServerStatus = Annotated[str, ValueKind.SERVER_STATUS]
ServerName = Annotated[str, ValueKind.SERVER]
RequestName = Annotated[str, ValueKind.REQUEST]
AccountName = Annotated[str, ValueKind.ACCOUNT]
GroupName = Annotated[str, ValueKind.GROUP]
HappeningName = Annotated[str, ValueKind.HAPPENING]
TaskStatus = Annotated[str, ValueKind.TASK_STATUS]
TaskStatuses = Annotated[tuple[str, ...], OneOrMore(ValueKind.TASK_STATUS)]
TaskFields = Annotated[Mapping[str, Any], ValueKind.TASK_FIELDS]
Positive = Annotated[int, AtLeast(1)]
NotNegative = Annotated[int, AtLeast(0)]
Share = Annotated[float, Between(0, 1)]
Price = Annotated[float, Between(0, 1e12)]
Sigma = Annotated[float, Between(0, 10)]
ErrorStatus = Annotated[int, ValueKind.ERROR_STATUS]
AnswerStatus = Annotated[int, ValueKind.STATUS]
CallSpan = Annotated[Calls, ValueKind.CALLS]
Headers = Annotated[Mapping[str, str], ValueKind.HEADERS]
Query = Annotated[Mapping[str, str], ValueKind.QUERY]
Json = Annotated[Any, ValueKind.JSON]
