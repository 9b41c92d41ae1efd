"""What a value in a scenario file stands for, said in the annotation of the field that takes it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Annotated


class Kind(Enum):
    """The kinds of word and number that a plain `str` or `float` does not tell apart."""

    SECONDS = "a length of time"
    OPERATION = "operation"
    SERVER_STATUS = "server status"
    SERVER = "server of this world"


@dataclass(frozen=True, slots=True)
class AtLeast:
    """The smallest number that a field takes."""

    minimum: int


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
