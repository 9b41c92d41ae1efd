"""Compares a replayed answer with the recorded answer.

The answers come from the mock in the capsule's own world (if the capsule contains one), from the mock in a
reconstructed world, or from another server: see `AnswerSource`.

All values must be equal, with these exceptions:

- Another server has its own ids. Each recorded id must then have the same new id in all
  exchanges, and two recorded ids must have two new ids.
- A time may differ: in the capsule's own world by at most 2 seconds, otherwise by any number of seconds.
- Another server may have its own texts.
- Outside the capsule's own world, only two facts of an error body are compared: see `_compare_error_bodies`.
- Undocumented fields are compared only in the capsule's own world.
- A server in a reconstructed world may have each name that a heartbeat has reported.
- An answer is not compared if it is not known, or if the key or the body of its request is not known.
- In a reconstructed world, the answer to a request that the API's documentation page does not name is not
  compared.
- An answer whose body is not in the capsule, or cannot be decoded, is compared by its status only.
- Outside the capsule's own world, null in a listed task is equal to an empty value, and of two answers to a
  callback only the fields that both have are compared. The API's documentation page leaves both open.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from dataclasses import replace
from enum import Enum
from functools import cache
from itertools import zip_longest
from typing import Any

from workerkit.mockserver.capsules.comparison.difference import (
    MISSING,
    Difference,
    difference_at,
    display_both,
)
from workerkit.mockserver.capsules.file.capsule import Ending, RecordedExchange
from workerkit.openapi.errors import WorkerkitError
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.exchange_reader import TASK_OPERATIONS
from workerkit.openapi.formats.timestamp import TIME_PATTERN, read_time
from workerkit.openapi.languages.phrase import phrase
from workerkit.openapi.spec.api import worker_api

_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_TOLERANCE_SECONDS = 2.0
_MAX_PSEUDONYM_LENGTH = 64
_NO_ANSWER = (Ending.HUNG, Ending.CLOSED)
_COMPARED_HEADERS = ("retry-after", "allow")
_CALLBACKS = ("updateLink", "completeLink", "setRequestStatus", "setAccountStatus")
_LISTED_FIELD = re.compile(r"answer/data/\d+/(?!(?:id|status)$)\w+")
# These lists are compared by the ids of their tasks.
_ID_FIELDS = {"answer/data": "id", "answer/results": "link_id"}
_EMPTY_VALUES = ("", 0, "{}")


class AnswerSource(Enum):
    """Who gives the answers that are compared with the recorded answers.

    WORLD: the mock, in the capsule's own world.
    RECONSTRUCTION: the mock, in a world that was reconstructed from the exchanges.
    SERVER: another server.
    """

    WORLD = "world"
    RECONSTRUCTION = "reconstruction"
    SERVER = "server"


class _DifferenceFoundError(WorkerkitError):
    def __init__(self, place: str, recorded: Any, now: Any, *, task: str = "") -> None:
        super().__init__(place)
        self.place, self.recorded, self.now, self.task = place, recorded, now, task


class Matcher:
    """Compares the exchanges of a replay one by one. Remembers the new id for each recorded id.

    known: the ids that the recording shows, in lower case. In the mock's answers, every other id is
        invented, and may stand for any recorded id that is not in `known`. None if no id is invented.
    """

    def __init__(self, source: AnswerSource, *, known: Container[str] | None = None) -> None:
        self._source = source
        self._known = known
        self._new_ids: dict[str, str] = {}
        self._recorded_ids: dict[str, str] = {}
        self._sent_texts: set[str] = set()
        self._reported_names: set[str] = set()
        self._operation: str | None = None

    def with_new_ids(self, exchange: Exchange) -> Exchange:
        """The request with the new id in place of each recorded id."""
        changes = {_lower(uuid): self._new_ids.get(_lower(uuid), uuid) for uuid in _ids(exchange)}
        if all(old == new.lower() for old, new in changes.items()):
            return exchange
        return replace(
            exchange,
            path=_with_replaced_ids(exchange.path, changes),
            query=_with_replaced_ids(exchange.query, changes),
            request_body=_with_replaced_ids(exchange.request_body.decode("latin-1"), changes).encode(
                "latin-1"
            ),
        )

    def difference(self, recorded: RecordedExchange, now: RecordedExchange) -> Difference | None:
        """The first difference between a recorded exchange and its replay. None if they match."""
        for uuid in _ids(recorded.exchange):
            self._is_same_id(uuid, self._new_ids.get(_lower(uuid), uuid))
        self._sent_texts.update(_texts_in(recorded.exchange.request_json()))
        self._operation = recorded.exchange.operation
        if self._operation == "heartbeat":
            self._reported_names.update(_texts_in(recorded.exchange.request_json()))
        try:
            self._compare(recorded, now)
        except _DifferenceFoundError as found:
            values = display_both(found.place, found.recorded, found.now)
            return difference_at(recorded.exchange, found.place, *values, task=found.task)
        return None

    def _compare(self, recorded: RecordedExchange, now: RecordedExchange) -> None:
        before, after = recorded.exchange, now.exchange
        if not (recorded.is_compared and now.is_compared) or self._is_unnamed(before):
            return
        if recorded.ending in _NO_ANSWER and now.ending in _NO_ANSWER:
            return
        if recorded.ending is not now.ending:
            raise _DifferenceFoundError("ending", _ending_text(recorded), _ending_text(now))
        if not recorded.ending.has_status:
            return
        if before.status != after.status:
            raise _DifferenceFoundError("status", before.status, after.status)
        if recorded.ending is Ending.WHOLE and not (recorded.lacks_body or now.lacks_body):
            self._compare_headers(before, after)
            self._compare_bodies(before, after)

    def _is_unnamed(self, exchange: Exchange) -> bool:
        """Whether the API's documentation page does not name a request: a server may have more operations."""
        return exchange.operation is None and self._source is AnswerSource.RECONSTRUCTION

    def _compare_headers(self, before: Exchange, after: Exchange) -> None:
        media_types = _media_type(before), _media_type(after)
        if media_types[0] != media_types[1]:
            raise _DifferenceFoundError("content-type", *media_types)
        if self._source is AnswerSource.WORLD:
            for name in _COMPARED_HEADERS:
                values = [dict(exchange.answer_headers).get(name) for exchange in (before, after)]
                if values[0] != values[1]:
                    raise _DifferenceFoundError(name, *values)

    def _compare_bodies(self, before: Exchange, after: Exchange) -> None:
        if not before.accepted and self._source is not AnswerSource.WORLD:
            return self._compare_error_bodies(before, after)
        values = before.answer_json(), after.answer_json()
        if (values[0] is None) != (values[1] is None):
            raise _DifferenceFoundError("answer", before.answer_body, after.answer_body)
        if values[0] is not None:
            self._compare_values("answer", *values)
        elif self._source is AnswerSource.WORLD and not _begin_alike(before.answer_body, after.answer_body):
            raise _DifferenceFoundError("answer", before.answer_body, after.answer_body)

    def _compare_error_bodies(self, before: Exchange, after: Exchange) -> None:
        """Compares two things only: the API's documentation page says nothing else about error bodies.

        - Does the body contain `"success": true`?
        - Does the body contain the documented error code? Only the 403 of a task operation needs this code.
        """
        code = worker_api().error_code(403).encode()
        is_task_refusal = before.status == 403 and before.operation in TASK_OPERATIONS
        has_code = [is_task_refusal and code in exchange.answer_body for exchange in (before, after)]
        if has_code[0] != has_code[1] or _says_success(before) != _says_success(after):
            raise _DifferenceFoundError("answer", before.answer_body, after.answer_body)

    def _compare_values(self, place: str, before: Any, after: Any) -> None:
        if isinstance(before, dict) and isinstance(after, dict):
            if not self._is_equal_object(before, after):
                self._compare_objects(place, before, after)
        elif isinstance(before, list) and isinstance(after, list):
            self._compare_lists(place, before, after)
        elif isinstance(before, str) and isinstance(after, str):
            self._compare_texts(place, before, after)
        elif before != after or isinstance(before, bool) is not isinstance(after, bool):
            self._check_null(place, before, after)

    def _compare_objects(self, place: str, before: dict[str, Any], after: dict[str, Any]) -> None:
        documented = _documented_fields() if self._source is not AnswerSource.WORLD else None
        is_callback_answer = self._operation in _CALLBACKS and self._source is not AnswerSource.WORLD
        for name in _names_in(before, after):
            value, new_value = before.get(name, MISSING), after.get(name, MISSING)
            if self._is_equal_text(value, new_value) or (documented is not None and name not in documented):
                continue
            if value is MISSING or new_value is MISSING:
                if is_callback_answer:
                    continue
                raise _DifferenceFoundError(f"{place}/{name}", value, new_value)
            self._compare_values(f"{place}/{name}", value, new_value)

    def _is_equal_object(self, before: dict[str, Any], after: dict[str, Any]) -> bool:
        """Whether both objects are the same. True is equal to 1, so their texts are compared, too."""
        return self._source is not AnswerSource.SERVER and before == after and repr(before) == repr(after)

    def _is_equal_text(self, before: Any, after: Any) -> bool:
        """Whether both values are the same text. The ids of another server must be remembered."""
        return type(before) is str and before == after and self._source is not AnswerSource.SERVER

    def _compare_lists(self, place: str, before: list[Any], after: list[Any]) -> None:
        field = _ID_FIELDS.get(place)
        if field is not None and self._source is not AnswerSource.SERVER:
            self._compare_task_ids(place, _task_ids(before, field), _task_ids(after, field))
        for index, (before_item, after_item) in enumerate(zip(before, after, strict=False)):
            if not self._is_invented(after_item):
                self._compare_values(f"{place}/{index}", before_item, after_item)
        if len(before) != len(after):
            raise _DifferenceFoundError(place, _items_text(before), _items_text(after))

    def _compare_task_ids(self, place: str, before: list[str] | None, after: list[str] | None) -> None:
        """Compares which tasks are in a list, and in which order. None is a list with other items, too."""
        if before is None or after is None:
            return
        for index, (recorded, now) in enumerate(zip_longest(before, after, fillvalue="")):
            if not (recorded and now and self._is_same_id(recorded, now)):
                raise self._wrong_task(place, index, before, after)

    def _wrong_task(
        self, place: str, index: int, before: list[str], after: list[str]
    ) -> _DifferenceFoundError:
        """The difference of two lists whose tasks differ from `index` on: one is missing, or one is extra.

        A missing task that no exchange shows has no id for a message. Then the lengths of the lists differ.
        """
        recorded, now = before[index:], after[index:]
        is_extra = bool(recorded) and recorded[0] not in now
        is_missing = bool(now) and now[0] not in recorded
        if is_extra and not (is_missing and self._is_known(now[0])):
            values, task = (_task_text(recorded[0]), _no_task_text(recorded[0])), recorded[0]
        elif is_missing and not is_extra and not self._is_known(now[0]):
            lengths = _tasks_text(before), _tasks_text(after)
            return _DifferenceFoundError(place, *lengths)
        elif is_missing and not is_extra:
            values, task = (_no_task_text(now[0]), _task_text(now[0])), now[0]
        else:
            values, task = (_task_text(recorded[0]), _task_text(now[0])), recorded[0]
        return _DifferenceFoundError(f"{place}/{index}", *values, task=task)

    def _is_invented(self, task: Any) -> bool:
        """Whether this is a task of the mock that stands for a recorded task."""
        return self._known is not None and isinstance(task, dict) and task.get("id") in self._recorded_ids

    def _is_known(self, task_id: str) -> bool:
        return self._known is None or task_id in self._known

    def _compare_texts(self, place: str, before: str, after: str) -> None:
        if _UUID.fullmatch(before) and _UUID.fullmatch(after):
            if not self._is_same_id(before, after):
                raise _DifferenceFoundError(place, before, after)
        elif TIME_PATTERN.fullmatch(before) and TIME_PATTERN.fullmatch(after):
            if not self._is_same_time(before, after):
                raise _DifferenceFoundError(place, before, after)
        elif place.endswith("/server_name") and self._source is AnswerSource.SERVER:
            if not self._is_same_id(before, after):
                earlier = self._new_ids.get(_lower(before), before)
                now = phrase('"{after}", but "{earlier}" in earlier answers', after=after, earlier=earlier)
                raise _DifferenceFoundError(place, before, now)
        elif self._source is AnswerSource.RECONSTRUCTION and self._is_reported_name(place, before):
            return
        elif before != after and not self._may_differ(place, before, after):
            raise _DifferenceFoundError(place, before, after)

    def _is_reported_name(self, place: str, name: str) -> bool:
        """Whether a heartbeat has reported this name of a server: some servers then list it, too."""
        return place == "answer/server_name" and name in self._reported_names

    def _check_null(self, place: str, before: Any, after: Any) -> None:
        """Raises the difference, unless one value is null and the other one may take its place."""
        are_times = [_is_time_or_null(value) for value in (before, after)]
        is_time = all(are_times) and place.endswith("_at")
        if self._source is AnswerSource.WORLD or not (is_time or _are_null_and_empty(place, before, after)):
            raise _DifferenceFoundError(place, before, after)

    def _is_same_id(self, before: str, after: str) -> bool:
        before, after = before.lower(), after.lower()
        is_same = before == after
        if self._source is not AnswerSource.SERVER and (
            is_same or self._is_known(before) or self._is_known(after)
        ):
            return is_same
        new, recorded = self._new_ids.setdefault(before, after), self._recorded_ids.setdefault(after, before)
        return new == after and recorded == before

    def _is_same_time(self, before: str, after: str) -> bool:
        if self._source is not AnswerSource.WORLD:
            return True
        try:
            return abs(read_time(before) - read_time(after)) <= _TOLERANCE_SECONDS
        except ValueError:
            return before == after

    def _may_differ(self, place: str, before: str, after: str) -> bool:
        """Whether another server may answer with another text here.

        The server may use its own texts. It may also use its own error codes, but the documented code of a
        403 must stay equal. Enum values of the API spec and texts that the worker sent must stay equal, too.
        An id or a time must stay an id or a time.
        """
        if self._source is not AnswerSource.WORLD and place.endswith("/error"):
            return worker_api().error_code(403) not in (before, after)
        is_free_text = not {before, after} & (_api_words() | self._sent_texts)
        is_another_server = self._source is AnswerSource.SERVER
        return is_another_server and is_free_text and _is_id_or_time(before) == _is_id_or_time(after)


def _ids(exchange: Exchange) -> Iterator[str]:
    for text in (exchange.path, exchange.query, exchange.request_body.decode("latin-1")):
        yield from _UUID.findall(text)


def _with_replaced_ids(text: str, changes: dict[str, str]) -> str:
    return _UUID.sub(lambda match: changes[_lower(match[0])], text)


def _lower(text: str) -> str:
    return text.lower()


def _names_in(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """The names of all fields. The results of a batch come first: they explain its counts."""
    names = [*before, *(name for name in after if name not in before)]
    if "results" in before:
        names.insert(0, "results")
    return names


def _task_ids(items: list[Any], field: str) -> list[str] | None:
    """The ids of tasks in a list, in lower case. None if an item has no id in this field."""
    ids = [item.get(field) if isinstance(item, dict) else None for item in items]
    return (
        [task_id.lower() for task_id in ids if isinstance(task_id, str)]
        if all(isinstance(task_id, str) for task_id in ids)
        else None
    )


def _media_type(exchange: Exchange) -> str:
    return dict(exchange.answer_headers).get("content-type", "").partition(";")[0].strip().lower()


def _says_success(exchange: Exchange) -> bool:
    answer = exchange.answer_json()
    return isinstance(answer, dict) and answer.get("success") is True


def _begin_alike(first: bytes, second: bytes) -> bool:
    """Whether one text is the beginning of the other.

    The end of the shorter text is not compared, because it may be a part of a pseudonym.
    """
    short, long = sorted((first, second), key=len)
    return long.startswith(short[:-_MAX_PSEUDONYM_LENGTH] if len(short) > _MAX_PSEUDONYM_LENGTH else short)


def _ending_text(recorded: RecordedExchange) -> str:
    status = recorded.exchange.status
    return str(recorded.ending) if status is None else f"{recorded.ending} ({status})"


def _is_time_or_null(value: Any) -> bool:
    return value is None or (isinstance(value, str) and TIME_PATTERN.fullmatch(value) is not None)


def _are_null_and_empty(place: str, before: Any, after: Any) -> bool:
    """Whether the values of a field of a listed task are null and an empty value.

    For a null in the recording, the reconstructed world has an empty value.
    """
    if _LISTED_FIELD.fullmatch(place) is None or (before is None) is (after is None):
        return False
    return (after if before is None else before) in _EMPTY_VALUES


def _is_id_or_time(text: str) -> bool:
    return _UUID.fullmatch(text) is not None or TIME_PATTERN.fullmatch(text) is not None


def _texts_in(value: Any) -> Iterator[str]:
    for child in _children(value):
        yield from _texts_in(child)
    if isinstance(value, str) and value:
        yield value


@cache
def _documented_fields() -> frozenset[str]:
    """The names of all fields in the spec. Servers may answer with any value in other fields."""
    return frozenset(_field_names_in(worker_api().document.root))


@cache
def _api_words() -> frozenset[str]:
    return frozenset(_enum_values_in(worker_api().document.root))


def _field_names_in(value: Any) -> Iterator[str]:
    for child in _children(value):
        yield from _field_names_in(child)
    if isinstance(value, dict):
        yield from value.get("properties", ())


def _enum_values_in(value: Any) -> Iterator[str]:
    for child in _children(value):
        yield from _enum_values_in(child)
    if isinstance(value, dict):
        words = [*value.get("enum", ()), value.get("const")]
        yield from (word for word in words if isinstance(word, str))


def _children(value: Any) -> Iterator[Any]:
    if isinstance(value, dict | list):
        yield from value.values() if isinstance(value, dict) else value


def _items_text(items: list[Any]) -> str:
    return phrase("{count} items", count=len(items))


def _tasks_text(tasks: list[str]) -> str:
    return phrase("{count} tasks", count=len(tasks))


def _task_text(task_id: str) -> str:
    return phrase("task {id}", id=task_id)


def _no_task_text(task_id: str) -> str:
    return phrase("no task {id}", id=task_id)
