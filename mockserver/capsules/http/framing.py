"""Cuts one direction of an HTTP/1.1 connection into messages, without changing a byte of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from workerkit.mockserver.capsules.file.form import STATUSES, TOKEN
from workerkit.openapi.errors import WorkerkitError
from workerkit.openapi.exchange import Headers

_END_OF_HEAD = re.compile(rb"\r?\n\r?\n")
_LONGEST_HEAD = 256 * 1024
_LONGEST_LINE = 8 * 1024
_BODILESS = (204, 304)
_MOST_NAMES = 1024


class NotHttpError(WorkerkitError, ValueError):
    """What came is no HTTP."""


@dataclass(frozen=True, slots=True)
class Head:
    """The first line, as its words, and the headers that have a name, in lower case."""

    line: tuple[str, ...]
    headers: Headers

    @property
    def status(self) -> int:
        """The status of an answer."""
        return int(self.line[1])

    def values(self, name: str) -> list[str]:
        """The values of a header."""
        return [value for each, value in self.headers if each == name]


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of the stream: `raw` as it came, `payload` what of it is the body's; `last` ends a message."""

    raw: bytes
    head: Head | None = None
    payload: bytes = b""
    last: bool = False


class _Part(Enum):
    HEAD = 0
    LENGTH = 1
    TO_THE_END = 2
    CHUNK_SIZE = 3
    CHUNK = 4
    CHUNK_END = 5
    TRAILERS = 6


class Framer:
    """Takes bytes as they come and gives them back in pieces, the same bytes in the same order.

    A head is given back as a whole. For answers say by `expects_no_body` that the next one is to a HEAD.
    """

    def __init__(self, *, answers: bool) -> None:
        self._answers = answers
        self._rest = bytearray()
        self._part = _Part.HEAD
        self._left = 0
        self.expects_no_body = False

    @property
    def rest(self) -> bytes:
        """What came and was not given back yet."""
        return bytes(self._rest)

    @property
    def is_between(self) -> bool:
        """Whether no message has begun."""
        return self._part is _Part.HEAD and not self._rest

    @property
    def ends_at_close(self) -> bool:
        """Whether the message under way is complete when the connection ends."""
        return self._part is _Part.TO_THE_END

    def feed(self, data: bytes) -> Iterator[Piece]:
        """The pieces that are complete with this. Raises Garbled."""
        if self._part is _Part.LENGTH and not self._rest and 0 < len(data) <= self._left:
            yield self._counted(data)
            return
        self._rest += data
        while (piece := self._next()) is not None:
            yield piece

    def _next(self) -> Piece | None:
        match self._part:
            case _Part.HEAD:
                return self._head()
            case _Part.LENGTH:
                payload = self._taken(min(self._left, len(self._rest)))
                return self._counted(payload) if payload else None
            case _Part.TO_THE_END:
                payload = self._taken(len(self._rest))
                return Piece(payload, payload=payload) if payload else None
            case _Part.CHUNK:
                return self._chunk()
            case _:
                return self._line_of_chunk()

    def _head(self) -> Piece | None:
        found = _END_OF_HEAD.search(self._rest)
        if found is None:
            if len(self._rest) > _LONGEST_HEAD:
                raise NotHttpError("a head that does not end")
            self._check_beginning()
            return None
        raw = bytes(self._rest[: found.end()])
        head = _read_head(raw, answers=self._answers)
        is_interim = self._answers and head.status < 200
        if not is_interim:
            self._begin_body(head)
        del self._rest[: found.end()]
        if is_interim:
            return Piece(raw)
        return Piece(raw, head=head, last=self._part is _Part.HEAD)

    def _check_beginning(self) -> None:
        if self._answers and not b"HTTP/1."[: len(self._rest)] == self._rest[:7]:
            raise NotHttpError("an answer that does not begin with HTTP/1.")

    def _begin_body(self, head: Head) -> None:
        bodiless = self.expects_no_body or (self._answers and head.status in _BODILESS)
        self.expects_no_body = False
        if bodiless:
            return
        coding = ",".join(head.values("transfer-encoding")).lower()
        lengths = set(head.values("content-length"))
        if coding:
            self._part = _Part.CHUNK_SIZE if coding.endswith("chunked") else _Part.TO_THE_END
        elif lengths:
            self._left = _length(lengths)
            self._part = _Part.LENGTH if self._left else _Part.HEAD
        elif self._answers:
            self._part = _Part.TO_THE_END

    def _counted(self, payload: bytes) -> Piece:
        self._left -= len(payload)
        if not self._left:
            self._part = _Part.HEAD
        return Piece(payload, payload=payload, last=not self._left)

    def _chunk(self) -> Piece | None:
        payload = self._taken(min(self._left, len(self._rest)))
        if not payload:
            return None
        self._left -= len(payload)
        if not self._left:
            self._part = _Part.CHUNK_END
        return Piece(payload, payload=payload)

    def _line_of_chunk(self) -> Piece | None:
        end = self._rest.find(b"\n")
        if end < 0:
            if len(self._rest) > _LONGEST_LINE:
                raise NotHttpError("a line of a chunk that does not end")
            if self._part is _Part.CHUNK_SIZE and self._rest:
                _size_of_chunk(bytes(self._rest), whole=False)
            return None
        raw = bytes(self._rest[: end + 1])
        last = self._after_line(raw)
        del self._rest[: end + 1]
        return Piece(raw, last=last)

    def _after_line(self, raw: bytes) -> bool:
        """What a line says of those that follow; whether it is the last of its message."""
        if self._part is _Part.CHUNK_SIZE:
            self._left = _size_of_chunk(raw, whole=True)
            self._part = _Part.CHUNK if self._left else _Part.TRAILERS
        elif self._part is _Part.CHUNK_END:
            if raw.strip():
                raise NotHttpError("a chunk that is longer than its size")
            self._part = _Part.CHUNK_SIZE
        elif not raw.strip():
            self._part = _Part.HEAD
            return True
        return False

    def _taken(self, count: int) -> bytes:
        if count == len(self._rest):
            taken = bytes(self._rest)
            self._rest.clear()
            return taken
        taken = bytes(self._rest[:count])
        del self._rest[:count]
        return taken


def _read_head(raw: bytes, *, answers: bool) -> Head:
    first, *lines = raw.decode("latin-1").rstrip("\r\n").replace("\r\n", "\n").split("\n")
    words = tuple(first.split(" ", 2))
    if answers and not (len(words) >= 2 and words[0].startswith("HTTP/1.") and _is_status(words[1])):
        raise NotHttpError("an answer without a status")
    if not answers and not (len(words) == 3 and words[2].startswith("HTTP/1.") and _is_name(words[0])):
        raise NotHttpError("a request without a first line")
    pairs = (
        (name.strip().lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines)
    )
    return Head(words, tuple((name, value.replace("\r", " ")) for name, value in pairs if _is_name(name)))


def _is_status(word: str) -> bool:
    return word.isascii() and word.isdecimal() and int(word) in STATUSES


@lru_cache(_MOST_NAMES)
def _is_name(word: str) -> bool:
    """Whether a word may be a method or the name of a header."""
    return TOKEN.fullmatch(word) is not None


def _length(lengths: set[str]) -> int:
    text = next(iter(lengths))
    if len(lengths) > 1 or not (text.isascii() and text.isdecimal()):
        raise NotHttpError("a content-length that is no number")
    return int(text)


def _size_of_chunk(raw: bytes, *, whole: bool) -> int:
    digits = raw.partition(b";")[0].strip()
    try:
        return int(digits.decode("ascii"), 16) if digits or whole else 0
    except ValueError:
        raise NotHttpError("a chunk without a size") from None
