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
- Outside the capsule's own world, null in a listed task is equal to an empty value, and of two answers to a
  callback only the fields that both have are compared. The API's documentation page leaves both open.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum
from functools import cache
from typing import Any

from workerkit.mockserver.capsules.file.capsule import Ending, RecordedExchange
from workerkit.openapi.errors import WorkerkitError
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.exchange_reader import TASK_OPERATIONS
from workerkit.openapi.formats.strict_json import render
from workerkit.openapi.formats.timestamp import TIME_PATTERN, read_time
from workerkit.openapi.masking.mask import Mask
from workerkit.openapi.spec.api import worker_api

_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_TOLERANCE_SECONDS = 2.0
_MAX_TEXT_LENGTH = 200
_MAX_PSEUDONYM_LENGTH = 64
_MASK = Mask((), salt=secrets.token_bytes(32))
_NO_ANSWER = (Ending.HUNG, Ending.CLOSED)
_COMPARED_HEADERS = ("retry-after", "allow")
_CALLBACKS = ("updateLink", "completeLink", "setRequestStatus", "setAccountStatus")
_LISTED_FIELD = re.compile(r"answer/data/\d+/(?!(?:id|status)$)\w+")
_EMPTY_VALUES = ("", 0, "{}")
_PLACES_WITH_FEW_VALUES = ("status", "ending", "content-type")
# The value of a missing field. No JSON value is equal to it.
MISSING = object()


class AnswerSource(Enum):
    """Who gives the answers that are compared with the recorded answers.

    WORLD: the mock, in the capsule's own world.
    RECONSTRUCTION: the mock, in a world that was reconstructed from the exchanges.
    SERVER: another server.
    """

    WORLD = "world"
    RECONSTRUCTION = "reconstruction"
    SERVER = "server"


@dataclass(frozen=True, slots=True)
class Difference:
    """The first difference between a recorded exchange and its replay.

    number: the number of the exchange.
    operation: the operationId of the request; None if it belongs to no operation.
    request: the method, path and query of the request.
    place: the part of the exchange that differs, for example `answer/data/0/status`.
    recorded: the recorded value, as text.
    now: the new value, as text.
    """

    number: int
    operation: str | None
    request: str
    place: str
    recorded: str
    now: str

    @property
    def kind(self) -> tuple[str | None, str]:
        """The operation, and the place without list indices. Equal for differences with the same cause."""
        return self.operation, re.sub(r"/\d+", "/*", self.place)

    def is_like(self, other: Difference | None) -> bool:
        """Whether both differences seem to have the same cause.

        Their kinds must be equal. For a status, an ending or a content type, the values must be equal, too.
        """
        values = (self.recorded, self.now) if self.place in _PLACES_WITH_FEW_VALUES else None
        return other is not None and self.kind == other.kind and values in (None, (other.recorded, other.now))

    def __str__(self) -> str:
        return (
            f"exchange {self.number} ({self.request}), {self.place}: recorded {self.recorded}, now {self.now}"
        )


class _DifferenceFoundError(WorkerkitError):
    def __init__(self, place: str, recorded: Any, now: Any) -> None:
        super().__init__(place)
        self.place, self.recorded, self.now = place, recorded, now


class Matcher:
    """Compares the exchanges of a replay one by one. Remembers the new id for each recorded id."""

    def __init__(self, source: AnswerSource) -> None:
        self._source = source
        self._new_ids: dict[str, str] = {}
        self._recorded_ids: dict[str, str] = {}
        self._sent_texts: set[str] = set()
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
        try:
            self._compare(recorded, now)
        except _DifferenceFoundError as found:
            return difference_at(recorded.exchange, found.place, *_display_both(found))
        return None

    def _compare(self, recorded: RecordedExchange, now: RecordedExchange) -> None:
        before, after = recorded.exchange, now.exchange
        if recorded.ending in _NO_ANSWER and now.ending in _NO_ANSWER:
            return
        if recorded.ending is not now.ending:
            raise _DifferenceFoundError("ending", _ending_text(recorded), _ending_text(now))
        if recorded.ending not in (Ending.WHOLE, Ending.CUT, Ending.RESET_IN_ANSWER):
            return
        if before.status != after.status:
            raise _DifferenceFoundError("status", before.status, after.status)
        if recorded.ending is Ending.WHOLE:
            self._compare_headers(before, after)
            self._compare_bodies(before, after)

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
        for name in [*before, *(name for name in after if name not in before)]:
            if documented is not None and name not in documented:
                continue
            if is_callback_answer and not (name in before and name in after):
                continue
            if (name in before) != (name in after):
                raise _DifferenceFoundError(
                    f"{place}/{name}", before.get(name, MISSING), after.get(name, MISSING)
                )
            self._compare_values(f"{place}/{name}", before[name], after[name])

    def _compare_lists(self, place: str, before: list[Any], after: list[Any]) -> None:
        for index, (before_item, after_item) in enumerate(zip(before, after, strict=False)):
            self._compare_values(f"{place}/{index}", before_item, after_item)
        if len(before) != len(after):
            raise _DifferenceFoundError(place, f"{len(before)} items", f"{len(after)} items")

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
                raise _DifferenceFoundError(place, before, f"{after}, but {earlier} in earlier answers")
        elif before != after and not self._may_differ(place, before, after):
            raise _DifferenceFoundError(place, before, after)

    def _check_null(self, place: str, before: Any, after: Any) -> None:
        """Raises the difference, unless one value is null and the other one may take its place."""
        are_times = [_is_time_or_null(value) for value in (before, after)]
        is_time = all(are_times) and place.endswith("_at")
        if self._source is AnswerSource.WORLD or not (is_time or _are_null_and_empty(place, before, after)):
            raise _DifferenceFoundError(place, before, after)

    def _is_same_id(self, before: str, after: str) -> bool:
        before, after = before.lower(), after.lower()
        if self._source is not AnswerSource.SERVER:
            return before == after
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


def difference_at(exchange: Exchange, place: str, recorded: str, now: str) -> Difference:
    """A difference at a place of this exchange."""
    return Difference(exchange.number, exchange.operation, request_line(exchange), place, recorded, now)


def request_line(exchange: Exchange) -> str:
    """The method, path and query of a request for messages: `GET /api/v1/worker/tasks?limit=5`."""
    query = f"?{exchange.query}" if exchange.query else ""
    return f"{exchange.method} {exchange.path}{query}"


def display(place: str, value: Any) -> str:
    """A value for messages, without secrets. `place` is the place of the value in its exchange."""
    if value is MISSING:
        return "nothing"
    if isinstance(value, bytes):
        value = _MASK.body(value)
    value = _MASK.value_in_fields(place.split("/"), value)
    text = value if value and isinstance(value, str) else render(value).decode()
    return text if len(text) <= _MAX_TEXT_LENGTH else f"{text[:_MAX_TEXT_LENGTH]}…"


def _display_both(found: _DifferenceFoundError) -> tuple[str, str]:
    recorded, now = display(found.place, found.recorded), display(found.place, found.now)
    if recorded == now:
        return _quoted_text(found.recorded, recorded), _quoted_text(found.now, now)
    return recorded, now


def _quoted_text(value: Any, text: str) -> str:
    """The text with quotes if the value is a text. So "84" and 84 look different."""
    return f'"{text}"' if isinstance(value, str) else text


def _ids(exchange: Exchange) -> Iterator[str]:
    for text in (exchange.path, exchange.query, exchange.request_body.decode("latin-1")):
        yield from _UUID.findall(text)


def _with_replaced_ids(text: str, changes: dict[str, str]) -> str:
    return _UUID.sub(lambda match: changes[_lower(match[0])], text)


def _lower(text: str) -> str:
    return text.lower()


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
