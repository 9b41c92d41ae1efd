"""The kinds of values in a scenario file. A field's annotation names the kind of its value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any

from workerkit.scenarios.fields.call_span import Calls


class ValueKind(Enum):
    """The kinds of values that a Python type alone does not describe. A duration, for example, is a float.

    The texts are for messages.
    """

    SECONDS = "duration"
    TIME = "time"
    OPERATION = "operation"
    ASKED = "thing that a request asks"
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
    """The field takes an integer that is `minimum` or more."""

    minimum: int


@dataclass(frozen=True, slots=True)
class Between:
    """The field takes an integer or a float from `minimum` to `maximum`."""

    minimum: float
    maximum: float


@dataclass(frozen=True, slots=True)
class OneOf:
    """The field takes one of these words."""

    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OneOrMore:
    """The field takes a word of this kind, or a list of such words."""

    kind: ValueKind


ANY = "any"

Seconds = Annotated[float, ValueKind.SECONDS]
Timestamp = Annotated[float, ValueKind.TIME]
OperationName = Annotated[str, ValueKind.OPERATION]
OperationNames = Annotated[tuple[str, ...], OneOrMore(ValueKind.OPERATION)]
AskedKinds = Annotated[tuple[str, ...], OneOrMore(ValueKind.ASKED)]
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
