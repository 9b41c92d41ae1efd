"""Faults that only some values, some fields alone or some extremes show."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Mapping
from typing import Any, ClassVar

from tests.independent import kinds
from tests.independent.api import Api
from tests.independent.bulk import Bulk
from tests.independent.call import Record
from tests.independent.callbacks import Callbacks
from tests.independent.fault import fault
from tests.independent.heartbeats import Heartbeats
from tests.independent.kinds import Kind
from tests.independent.listing import Condition, Listing, ListQuery
from tests.independent.logs import Logs
from tests.independent.part import Part, SharedState
from tests.independent.refusal import invalid
from tests.independent.store import first
from tests.independent.tasks import Tasks
from tests.independent.updating import Updating

_PROFILE = "link_profile | string | URL profile đã tạo"
_NOTE = "note | string | Ghi chú"
_OWN = "Server chỉ có thể cập nhật task được gán cho mình."
_STATUS = "status | string | pending, queued, running, completed, failed, canceled"
_LEVELS = "Log Levels: INFO, WARN, ERROR, DEBUG"
_INVALID = "400 | Request không hợp lệ"
_SYSTEM = "500 | Lỗi hệ thống"
_SERVICE = "service_type | - | Lọc theo loại service"


class ColumnError(Exception):
    """A database does not take the value."""


def everywhere(mixin: type[Part]) -> type[Api]:
    """Returns a server in which all parts that write have the methods of `mixin`."""

    class Mixed(Api):
        def __init__(self, shared: SharedState, faulty_part: type = object) -> None:
            super().__init__(shared, faulty_part)
            for name in ("updating", "bulk", "callbacks", "logs", "heartbeats"):
                part = type(getattr(self, name))
                setattr(self, name, type(part.__name__, (mixin, part), {})(shared))

    return Mixed


class _CheckedTexts(Part):
    """Changes or refuses each text after it was checked."""

    def checked(self, body: object, fields: Mapping[str, Kind], required: Collection[str] = ()) -> Record:
        named = super().checked(body, fields, required)
        return {name: self.text(value) if isinstance(value, str) else value for name, value in named.items()}

    def text(self, value: str) -> str:
        return value


class _LongCrash(_CheckedTexts):
    def text(self, value: str) -> str:
        if len(value) > 255:
            raise ColumnError(value)
        return value


class _EmojiCrash(_CheckedTexts):
    def text(self, value: str) -> str:
        if any(letter > "\uffff" for letter in value):
            raise ColumnError(value)
        return value


class _NulCrash(_CheckedTexts):
    def text(self, value: str) -> str:
        if "\0" in value:
            raise ColumnError(value)
        return value


@fault("A text of more than 255 characters is answered with 500.", quote=_SYSTEM)
class LongTextCrashes(everywhere(_LongCrash)):  # type: ignore[misc]
    pass


@fault("A text with an emoji is answered with 500.", quote=_SYSTEM)
class EmojiCrashes(everywhere(_EmojiCrash)):  # type: ignore[misc]
    pass


@fault("A text with a NUL character is answered with 500.", quote=_SYSTEM)
class NulCrashes(everywhere(_NulCrash)):  # type: ignore[misc]
    pass


def _with_links(changes: Record, change: Any) -> Record:
    return {name: change(value) if name.startswith("link_p") else value for name, value in changes.items()}


@fault("A link is cut after 255 characters.", quote=_PROFILE)
class LinkCutAt255(Updating):
    def write(self, db: sqlite3.Connection, task: Record, changes: Record) -> None:
        super().write(db, task, _with_links(changes, lambda link: link[:255]))


@fault("An ampersand in a link is stored as &amp;.", quote=_PROFILE)
class AmpersandEscaped(Updating):
    def write(self, db: sqlite3.Connection, task: Record, changes: Record) -> None:
        super().write(db, task, _with_links(changes, lambda link: link.replace("&", "&amp;")))


@fault("Letters that are not ASCII are stored as question marks in bulk updates.", quote=_PROFILE)
class BulkStoresQuestionMarks(Bulk):
    def write(self, db: sqlite3.Connection, task: Record, changes: Record) -> None:
        change = lambda link: link.encode("ascii", "replace").decode()  # noqa: E731
        super().write(db, task, _with_links(changes, change))


@fault("A service type of more than 255 characters is answered with 500.", quote=_SYSTEM)
class LongServiceTypeCrashes(Listing):
    def filters(self, server: Record, list_query: ListQuery) -> list[Condition]:
        if len(list_query.service_type or "") > 255:
            raise ColumnError(list_query.service_type)
        return super().filters(server, list_query)


@fault("A service type is a pattern: % lists all tasks.", quote=_SERVICE)
class ServiceTypeIsPattern(Listing):
    def filters(self, server: Record, list_query: ListQuery) -> list[Condition]:
        return [
            Condition("t.service_type LIKE ?", item.values) if "service_type" in item.sql else item
            for item in super().filters(server, list_query)
        ]


@fault("A log message with a lone surrogate is answered with 500.", quote=_SYSTEM)
class LogSurrogateCrashes(Logs):
    def checked(self, body: object, fields: Mapping[str, Kind], required: Collection[str] = ()) -> Record:
        anything = {name: (_is_text if kind is kinds.text else kind) for name, kind in fields.items()}
        return super().checked(body, anything, required)


def _is_text(value: object) -> bool:
    return isinstance(value, str)


class _OwnOnlyWithStatus(Tasks):
    """Checks the owner only when the request changes the status."""

    def own(self, db: sqlite3.Connection, server: Record, link_id: str) -> Record:
        task = first(db, "SELECT * FROM tasks WHERE id = ?", link_id)
        return super().own(db, server, link_id) if task is None else task

    def change(self, db: sqlite3.Connection, task: Record, changes: Record, *, bound: bool = True) -> None:
        if "status" in changes and task["server_id"] != self.server_id(db):
            raise self.foreign()
        super().change(db, task, changes, bound=bound)

    def server_id(self, db: sqlite3.Connection) -> str:
        server = first(db, "SELECT id FROM servers WHERE status = ?", "active")
        return str(server["id"]) if server else ""


@fault("A task of another server is updated if the body has no status.", quote=_OWN)
class ForeignTaskUpdatedWithoutStatus(_OwnOnlyWithStatus, Updating):
    pass


@fault("A task of another server is updated in bulk if the item has no status.", quote=_OWN)
class BulkForeignUpdatedWithoutStatus(_OwnOnlyWithStatus, Bulk):
    pass


@fault("A link of another server is updated if the callback has no status.", quote=_OWN)
class LinkUpdateTakesForeignWithoutStatus(_OwnOnlyWithStatus, Callbacks):
    def complete(self, db: sqlite3.Connection, task: Record, changes: Record) -> None:
        if task["server_id"] != self.server_id(db):
            raise self.foreign()
        super().complete(db, task, changes)


def _text_or_list(value: object) -> bool:
    return kinds.text(value) or isinstance(value, list)


class _ListsAsText(Tasks):
    CHANGES: ClassVar[Mapping[str, Kind]] = {**Tasks.CHANGES, "note": _text_or_list}

    def write(self, db: sqlite3.Connection, task: Record, changes: Record) -> None:
        texts = {name: str(value) if isinstance(value, list) else value for name, value in changes.items()}
        super().write(db, task, texts)


@fault("A note that is a list is accepted.", quote=f"{_NOTE}; {_INVALID}")
class NoteTakesList(_ListsAsText, Updating):
    pass


@fault("A note that is a list is accepted in bulk updates.", quote=f"{_NOTE}; {_INVALID}")
class BulkNoteTakesList(_ListsAsText, Bulk):
    pass


@fault("A status that is a list is answered with 500.", quote=_SYSTEM)
class StatusListCrashes(Updating):
    CHANGES: ClassVar[Mapping[str, Kind]] = {
        **Updating.CHANGES,
        "status": lambda value: value in set(kinds.STATUSES),
    }


@fault("An update with only a status clears the links.", quote="Cập nhật trạng thái và kết quả của một task.")
class StatusClearsLinks(Updating):
    def write(self, db: sqlite3.Connection, task: Record, changes: Record) -> None:
        cleared = {"link_profile": "", "link_post": ""} if "status" in changes else {}
        super().write(db, task, cleared | changes)


@fault("A bulk item without link_post clears it.", quote=_PROFILE)
class BulkClearsLinkPost(Bulk):
    def write(self, db: sqlite3.Connection, task: Record, changes: Record) -> None:
        super().write(db, task, {"link_post": ""} | changes)


@fault("An update with only a note is refused.", quote=_NOTE)
class NoteAloneRefused(Updating):
    def changes(self, body: object) -> Record:
        changes = super().changes(body)
        if set(changes) == {"note"}:
            raise invalid("nothing_to_update")
        return changes


@fault("link/update without status sets running.", quote="status | string | Không | Trạng thái mới")
class LinkUpdateSetsRunning(Callbacks):
    def change(self, db: sqlite3.Connection, task: Record, changes: Record, *, bound: bool = True) -> None:
        super().change(db, task, {"status": "running"} | changes, bound=False)


@fault("link/complete clears the link that did not come.", quote=_PROFILE)
class CompleteClearsLinks(Callbacks):
    def complete(self, db: sqlite3.Connection, task: Record, changes: Record) -> None:
        super().complete(db, task, {"link_profile": "", "link_post": ""} | changes)


class _TakesCancelled(Tasks):
    CHANGES: ClassVar[Mapping[str, Kind]] = {
        **Tasks.CHANGES,
        "status": lambda value: kinds.status(value) or value == "cancelled",
    }

    def write(self, db: sqlite3.Connection, task: Record, changes: Record) -> None:
        status = {"status": "canceled"} if changes.get("status") == "cancelled" else {}
        super().write(db, task, changes | status)


@fault("The status cancelled is accepted for canceled.", quote=_STATUS)
class CancelledAccepted(_TakesCancelled, Updating):
    pass


@fault("The status cancelled is accepted for canceled in bulk updates.", quote=_STATUS)
class BulkCancelledAccepted(_TakesCancelled, Bulk):
    pass


@fault("The level FATAL is accepted.", quote=_LEVELS)
class LogsTakeFatal(Logs):
    LEVELS: ClassVar[tuple[str, ...]] = (*Logs.LEVELS, "FATAL")


@fault("The status filter takes cancelled for canceled.", quote="status | pending,queued | Lọc theo status")
class FilterTakesCancelled(Listing):
    def list_query(self, query: Mapping[str, str]) -> ListQuery:
        status = query.get("status", self.DEFAULT_STATUS).replace("cancelled", "canceled")
        return super().list_query({**query, "status": status})


@fault("A page number of 32 bits or more is answered with 500.", quote=_SYSTEM)
class LargePageCrashes(Listing):
    def list_query(self, query: Mapping[str, str]) -> ListQuery:
        list_query = super().list_query(query)
        if list_query.page * list_query.limit >= 2**31:
            raise ColumnError(list_query.page)
        return list_query


@fault(
    "The page after the last task is the first page.",
    quote="after | - | ID cuối trang trước (cursor pagination)",
)
class LastCursorBeginsAgain(Listing):
    def answer(self, server: Record, query: Mapping[str, str]) -> Record:
        answer = super().answer(server, query)
        if "after" in query and not answer["data"]:
            return super().answer(server, {name: query[name] for name in query if name != "after"})
        return answer


@fault("A usage of 100 % is refused.", quote="cpu_usage | float | % CPU đang dùng")
class FullUsageRefused(Heartbeats):
    FIELDS: ClassVar[Mapping[str, Kind]] = {
        **Heartbeats.FIELDS,
        "cpu_usage": lambda value: kinds.number(value) and 0 <= float(str(value)) < 100,
    }


@fault("A count of 32 bits is answered with 500.", quote=_SYSTEM)
class LargeCountCrashes(Heartbeats):
    def answer(self, server: Record, body: object) -> Record:
        if isinstance(body, dict) and body.get("active_tasks") == 2**31:
            raise ColumnError(body)
        return super().answer(server, body)
