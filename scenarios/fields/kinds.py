"""What a value in a scenario file stands for, said in the annotation of the field that takes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any

from workerkit.scenarios.fields.call_span import Calls


class Kind(Enum):
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

    kind: Kind


ANY = "any"

Seconds = Annotated[float, Kind.SECONDS]
Moment = Annotated[float, Kind.TIME]
OperationName = Annotated[str, Kind.OPERATION]
OperationNames = Annotated[tuple[str, ...], OneOrMore(Kind.OPERATION)]
ServerStatus = Annotated[str, Kind.SERVER_STATUS]
ServerName = Annotated[str, Kind.SERVER]
RequestName = Annotated[str, Kind.REQUEST]
AccountName = Annotated[str, Kind.ACCOUNT]
GroupName = Annotated[str, Kind.GROUP]
HappeningName = Annotated[str, Kind.HAPPENING]
TaskStatus = Annotated[str, Kind.TASK_STATUS]
TaskStatuses = Annotated[tuple[str, ...], OneOrMore(Kind.TASK_STATUS)]
TaskFields = Annotated[Mapping[str, Any], Kind.TASK_FIELDS]
Positive = Annotated[int, AtLeast(1)]
NotNegative = Annotated[int, AtLeast(0)]
Share = Annotated[float, Between(0, 1)]
Price = Annotated[float, Between(0, 1e12)]
Sigma = Annotated[float, Between(0, 10)]
ErrorStatus = Annotated[int, Kind.ERROR_STATUS]
AnswerStatus = Annotated[int, Kind.STATUS]
CallSpan = Annotated[Calls, Kind.CALLS]
Headers = Annotated[Mapping[str, str], Kind.HEADERS]
Query = Annotated[Mapping[str, str], Kind.QUERY]
Json = Annotated[Any, Kind.JSON]
