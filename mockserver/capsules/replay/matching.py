"""Compares answers as the spec understands them: ids by which is which, times as times, the rest by value."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum
from functools import cache
from typing import Any

from workerkit.mockserver.capsules.file.capsule import Ending, Recorded
from workerkit.openapi.errors import WorkerkitError
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.exchange_reader import ABOUT_A_TASK
from workerkit.openapi.formats.strict_json import render
from workerkit.openapi.formats.timestamp import WRITTEN_TIME, read_time
from workerkit.openapi.masking.mask import Mask
from workerkit.openapi.spec.api import worker_api

_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_SECONDS_OF_TOLERANCE = 2.0
_LONGEST = 200
_LONGEST_PSEUDONYM = 64
_MASK = Mask((), salt=secrets.token_bytes(32))
_NO_ANSWER = (Ending.HUNG, Ending.CLOSED)
_HEADERS = ("retry-after", "allow")
_FEW_VALUES = ("status", "ending", "content-type")


# What stands where a field is missing: no value of JSON.
NOTHING = object()


class Against(Enum):
    """What a capsule is compared with: its own world, a world made from what was seen, another server."""

    WORLD = "world"
    RECONSTRUCTION = "reconstruction"
    SERVER = "server"


@dataclass(frozen=True, slots=True)
class Difference:
    """The first place at which an exchange did not come out as recorded."""

    number: int
    operation: str | None
    asked: str
    place: str
    recorded: str
    now: str

    @property
    def kind(self) -> tuple[str | None, str]:
        """By what one knows the same difference elsewhere: the operation, the place without indices."""
        return self.operation, re.sub(r"/\d+", "/*", self.place)

    def is_like(self, other: Difference | None) -> bool:
        """Whether another one is the same elsewhere: of the same kind and, for a status, the same two."""
        values = (self.recorded, self.now) if self.place in _FEW_VALUES else None
        return other is not None and self.kind == other.kind and values in (None, (other.recorded, other.now))

    def __str__(self) -> str:
        what = f"exchange {self.number} ({self.asked}), {self.place}"
        return f"{what}: recorded {self.recorded}, now {self.now}"


class _DifferenceFoundError(WorkerkitError):
    def __init__(self, place: str, recorded: Any, now: Any) -> None:
        super().__init__(place)
        self.place, self.recorded, self.now = place, recorded, now


class Matcher:
    """Compares exchange after exchange, and remembers which recorded id is which id now."""

    def __init__(self, against: Against) -> None:
        self._against = against
        self._now: dict[str, str] = {}
        self._recorded: dict[str, str] = {}
        self._sent: set[str] = set()

    def translated(self, exchange: Exchange) -> Exchange:
        """The request with the ids of now."""
        changes = {_lower(found): self._now.get(_lower(found), found) for found in _ids(exchange)}
        if all(old == new.lower() for old, new in changes.items()):
            return exchange
        return replace(
            exchange,
            path=_swapped(exchange.path, changes),
            query=_swapped(exchange.query, changes),
            request_body=_swapped(exchange.request_body.decode("latin-1"), changes).encode("latin-1"),
        )

    def difference(self, recorded: Recorded, now: Recorded) -> Difference | None:
        """The first difference between an exchange and what its request brings now, or None."""
        for found in _ids(recorded.exchange):
            self._is_same_id(found, self._now.get(_lower(found), found))
        self._sent.update(_texts_in(recorded.exchange.sent()))
        try:
            self._compare(recorded, now)
        except _DifferenceFoundError as found:
            return difference_at(recorded.exchange, found)
        return None

    def _compare(self, recorded: Recorded, now: Recorded) -> None:
        before, after = recorded.exchange, now.exchange
        if recorded.ending in _NO_ANSWER and now.ending in _NO_ANSWER:
            return
        if recorded.ending is not now.ending:
            raise _DifferenceFoundError("ending", _ended(recorded), _ended(now))
        if recorded.ending not in (Ending.WHOLE, Ending.CUT, Ending.RESET_IN_ANSWER):
            return
        if before.status != after.status:
            raise _DifferenceFoundError("status", before.status, after.status)
        if recorded.ending is Ending.WHOLE:
            self._headers(before, after)
            self._bodies(before, after)

    def _headers(self, before: Exchange, after: Exchange) -> None:
        kinds = _media_type(before), _media_type(after)
        if kinds[0] != kinds[1]:
            raise _DifferenceFoundError("content-type", *kinds)
        if self._against is Against.WORLD:
            for name in _HEADERS:
                values = [dict(each.answer_headers).get(name) for each in (before, after)]
                if values[0] != values[1]:
                    raise _DifferenceFoundError(name, *values)

    def _bodies(self, before: Exchange, after: Exchange) -> None:
        if not before.accepted and self._against is not Against.WORLD:
            return self._refusals(before, after)
        values = before.answered(), after.answered()
        if (values[0] is None) != (values[1] is None):
            raise _DifferenceFoundError("answer", before.answer_body, after.answer_body)
        if values[0] is not None:
            self._value("answer", *values)
        elif self._against is Against.WORLD and not _begin_alike(before.answer_body, after.answer_body):
            raise _DifferenceFoundError("answer", before.answer_body, after.answer_body)

    def _refusals(self, before: Exchange, after: Exchange) -> None:
        """The little that the page says of an error's body: it is no success, a task's 403 has its code."""
        code = worker_api().error_code(403).encode()
        is_a_tasks = before.status == 403 and before.operation in ABOUT_A_TASK
        coded = [is_a_tasks and code in each.answer_body for each in (before, after)]
        if coded[0] != coded[1] or _says_success(before) != _says_success(after):
            raise _DifferenceFoundError("answer", before.answer_body, after.answer_body)

    def _value(self, place: str, before: Any, after: Any) -> None:
        if isinstance(before, dict) and isinstance(after, dict):
            self._object(place, before, after)
        elif isinstance(before, list) and isinstance(after, list):
            self._list(place, before, after)
        elif isinstance(before, str) and isinstance(after, str):
            self._text(place, before, after)
        elif before != after or isinstance(before, bool) is not isinstance(after, bool):
            self._other(place, before, after)

    def _object(self, place: str, before: dict[str, Any], after: dict[str, Any]) -> None:
        named = _named_fields() if self._against is not Against.WORLD else None
        for name in [*before, *(each for each in after if each not in before)]:
            if named is not None and name not in named:
                continue
            if (name in before) != (name in after):
                raise _DifferenceFoundError(
                    f"{place}/{name}", before.get(name, NOTHING), after.get(name, NOTHING)
                )
            self._value(f"{place}/{name}", before[name], after[name])

    def _list(self, place: str, before: list[Any], after: list[Any]) -> None:
        for index, (one, other) in enumerate(zip(before, after, strict=False)):
            self._value(f"{place}/{index}", one, other)
        if len(before) != len(after):
            raise _DifferenceFoundError(place, f"{len(before)} items", f"{len(after)} items")

    def _text(self, place: str, before: str, after: str) -> None:
        if _UUID.fullmatch(before) and _UUID.fullmatch(after):
            if not self._is_same_id(before, after):
                raise _DifferenceFoundError(place, before, after)
        elif WRITTEN_TIME.fullmatch(before) and WRITTEN_TIME.fullmatch(after):
            if not self._is_same_time(before, after):
                raise _DifferenceFoundError(place, before, after)
        elif place.endswith("/server_name") and self._against is Against.SERVER:
            if not self._is_same_id(before, after):
                raise _DifferenceFoundError(
                    place, before, f"{after}, not {self._now.get(_lower(before), before)} as before"
                )
        elif before != after and not self._may_differ(place, before, after):
            raise _DifferenceFoundError(place, before, after)

    def _other(self, place: str, before: Any, after: Any) -> None:
        times = [_is_time_or_null(each) for each in (before, after)]
        if self._against is not Against.WORLD and all(times) and place.endswith("_at"):
            return
        raise _DifferenceFoundError(place, before, after)

    def _is_same_id(self, before: str, after: str) -> bool:
        before, after = before.lower(), after.lower()
        if self._against is not Against.SERVER:
            return before == after
        there, back = self._now.setdefault(before, after), self._recorded.setdefault(after, before)
        return there == after and back == before

    def _is_same_time(self, before: str, after: str) -> bool:
        if self._against is not Against.WORLD:
            return True
        try:
            return abs(read_time(before) - read_time(after)) <= _SECONDS_OF_TOLERANCE
        except ValueError:
            return before == after

    def _may_differ(self, place: str, before: str, after: str) -> bool:
        """Whether two texts are another server's own: other codes than the page's, no words of the API.

        What a worker sent comes back as it is, and a time is a time everywhere.
        """
        if self._against is not Against.WORLD and place.endswith("/error"):
            return worker_api().error_code(403) not in (before, after)
        told = not {before, after} & (_words() | self._sent)
        return self._against is Against.SERVER and told and _is_of_a_form(before) == _is_of_a_form(after)


def difference_at(exchange: Exchange, found: _DifferenceFoundError) -> Difference:
    values = display(found.place, found.recorded), display(found.place, found.now)
    if values[0] == values[1]:
        values = _typed(found.recorded, values[0]), _typed(found.now, values[1])
    return Difference(exchange.number, exchange.operation, asked_for(exchange), found.place, *values)


def asked_for(exchange: Exchange) -> str:
    """What was asked for, as messages show it: `GET /api/v1/worker/tasks?limit=5`."""
    query = f"?{exchange.query}" if exchange.query else ""
    return f"{exchange.method} {exchange.path}{query}"


def _ids(exchange: Exchange) -> Iterator[str]:
    for text in (exchange.path, exchange.query, exchange.request_body.decode("latin-1")):
        yield from _UUID.findall(text)


def _swapped(text: str, changes: dict[str, str]) -> str:
    return _UUID.sub(lambda found: changes[_lower(found[0])], text)


def _lower(text: str) -> str:
    return text.lower()


def _media_type(exchange: Exchange) -> str:
    return dict(exchange.answer_headers).get("content-type", "").partition(";")[0].strip().lower()


def _says_success(exchange: Exchange) -> bool:
    answer = exchange.answered()
    return isinstance(answer, dict) and answer.get("success") is True


def _begin_alike(one: bytes, other: bytes) -> bool:
    """Whether two texts are the same, but for where they were cut: pseudonyms shift that."""
    short, long = sorted((one, other), key=len)
    return long.startswith(short[:-_LONGEST_PSEUDONYM] if len(short) > _LONGEST_PSEUDONYM else short)


def _ended(recorded: Recorded) -> str:
    status = recorded.exchange.status
    return str(recorded.ending) if status is None else f"{recorded.ending} ({status})"


def _is_time_or_null(value: Any) -> bool:
    return value is None or (isinstance(value, str) and WRITTEN_TIME.fullmatch(value) is not None)


def display(place: str, value: Any) -> str:
    """A value, which stands at a place of an exchange, as messages show it: without what is secret."""
    if value is NOTHING:
        return "nothing"
    if isinstance(value, bytes):
        value = _MASK.body(value)
    value = _MASK.under(place.split("/"), value)
    text = value if value and isinstance(value, str) else render(value).decode()
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _typed(value: Any, text: str) -> str:
    """A value as JSON has it, where text and number would look the same."""
    return f'"{text}"' if isinstance(value, str) else text


def _is_of_a_form(text: str) -> bool:
    return _UUID.fullmatch(text) is not None or WRITTEN_TIME.fullmatch(text) is not None


def _texts_in(value: Any) -> Iterator[str]:
    for each in _children(value):
        yield from _texts_in(each)
    if isinstance(value, str) and value:
        yield value


@cache
def _named_fields() -> frozenset[str]:
    """The fields that the spec names: of others no server has to give the same."""
    return frozenset(_names_in(worker_api().document.root))


@cache
def _words() -> frozenset[str]:
    return frozenset(_enumerated_in(worker_api().document.root))


def _names_in(value: Any) -> Iterator[str]:
    for each in _children(value):
        yield from _names_in(each)
    if isinstance(value, dict):
        yield from value.get("properties", ())


def _enumerated_in(value: Any) -> Iterator[str]:
    for each in _children(value):
        yield from _enumerated_in(each)
    if isinstance(value, dict):
        words = [*value.get("enum", ()), value.get("const")]
        yield from (word for word in words if isinstance(word, str))


def _children(value: Any) -> Iterator[Any]:
    if isinstance(value, dict | list):
        yield from value.values() if isinstance(value, dict) else value
