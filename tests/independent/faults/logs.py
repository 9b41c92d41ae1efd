"""Faults of POST /logs."""

from __future__ import annotations

from typing import ClassVar

from tests.independent.call import Record
from tests.independent.fault import fault
from tests.independent.logs import Logs

_MOST = "Gửi batch log từ worker server (tối đa 500 log entries)."
_LEVELS = "Log Levels: INFO, WARN, ERROR, DEBUG"
_CREATED = '{"success": true, "created": 3}'


@fault("501 entries are accepted.", quote=_MOST)
class LogsTakeTooMany(Logs):
    MOST: ClassVar[int] = 10_000


@fault("500 entries are refused.", quote=_MOST)
class LogsRefuseFiveHundred(Logs):
    MOST: ClassVar[int] = 499


@fault("created is one too few.", quote=_CREATED)
class LogsCreatedOneTooFew(Logs):
    def document(self, created: int) -> Record:
        return super().document(max(created - 1, 0))


@fault("created is 1 for each batch.", quote=_CREATED)
class LogsCreatedIsOne(Logs):
    def document(self, created: int) -> Record:
        return super().document(1)


@fault("created is text.", quote=_CREATED)
class LogsCreatedIsText(Logs):
    def document(self, created: int) -> Record:
        return super().document(created) | {"created": str(created)}


@fault("The answer has no field success.", quote=_CREATED)
class LogsWithoutSuccess(Logs):
    def document(self, created: int) -> Record:
        return {"created": created}


@fault("The level WARNING is accepted.", quote=_LEVELS)
class LogsTakeWarning(Logs):
    LEVELS: ClassVar[tuple[str, ...]] = (*Logs.LEVELS, "WARNING")


@fault("The level TRACE is accepted.", quote=_LEVELS)
class LogsTakeTrace(Logs):
    LEVELS: ClassVar[tuple[str, ...]] = (*Logs.LEVELS, "TRACE")


@fault("Any level is accepted.", quote=_LEVELS)
class LogsTakeAnyLevel(Logs):
    def level(self, value: object) -> bool:
        return isinstance(value, str)


@fault("The level DEBUG is refused.", quote=_LEVELS)
class LogsRefuseDebug(Logs):
    LEVELS: ClassVar[tuple[str, ...]] = ("INFO", "WARN", "ERROR")


@fault("The level WARN is refused, and WARNING is accepted.", quote=_LEVELS)
class LogsRefuseWarn(Logs):
    LEVELS: ClassVar[tuple[str, ...]] = ("INFO", "WARNING", "ERROR", "DEBUG")
