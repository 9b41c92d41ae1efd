"""What a value in a scenario file stands for, said in the annotation of the field that takes it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Annotated

from workerkit.scenarios.calls import Calls


class Kind(Enum):
    """The kinds of word and number that a plain `str` or `float` does not tell apart."""

    SECONDS = "a length of time"
    OPERATION = "operation"
    SERVER_STATUS = "server status"
    SERVER = "server of this world"
    ERROR_STATUS = "error status"
    CALLS = "span of calls"


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


ANY = "any"

Seconds = Annotated[float, Kind.SECONDS]
OperationName = Annotated[str, Kind.OPERATION]
ServerStatus = Annotated[str, Kind.SERVER_STATUS]
ServerName = Annotated[str, Kind.SERVER]
Positive = Annotated[int, AtLeast(1)]
NotNegative = Annotated[int, AtLeast(0)]
Share = Annotated[float, Between(0, 1)]
Sigma = Annotated[float, Between(0, 10)]
ErrorStatus = Annotated[int, Kind.ERROR_STATUS]
CallSpan = Annotated[Calls, Kind.CALLS]
