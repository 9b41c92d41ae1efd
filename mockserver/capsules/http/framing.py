"""Splits one direction of an HTTP/1.1 connection into messages. Never changes a byte."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from workerkit.mockserver.capsules.file.file_format import STATUSES, TOKEN
from workerkit.openapi.errors import WorkerkitError
from workerkit.openapi.exchange import Headers

_END_OF_HEAD = re.compile(rb"\r?\n\r?\n")
# Python also takes signs and underscores in numbers, but HTTP does not. A longer number is no real length.
_LENGTH = re.compile("0*[0-9]{1,15}", re.ASCII)
_CHUNK_SIZE = re.compile(rb"0*[0-9a-fA-F]{1,12}")
_MAX_HEAD_BYTES = 256 * 1024
_MAX_LINE_BYTES = 8 * 1024
_STATUSES_WITHOUT_BODY = (204, 304)
_MAX_CACHED_NAMES = 1024


class NotHttpError(WorkerkitError, ValueError):
    """The bytes are not valid HTTP."""


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a message.

    line: the words of the first line.
    headers: the headers with valid names, in lower case.
    """

    line: tuple[str, ...]
    headers: Headers

    @property
    def status(self) -> int:
        """The status of an answer."""
        return int(self.line[1])

    def values(self, name: str) -> list[str]:
        """All values of a header, given by its name in lower case."""
        return [value for header, value in self.headers if header == name]


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of the stream.

    raw: the bytes as they came.
    head: the head of the message, if this piece is the head.
    payload: the bytes of `raw` that belong to the body.
    last: True if this piece ends a message.
    """

    raw: bytes
    head: Head | None = None
    payload: bytes = b""
    last: bool = False


class _Part(Enum):
    HEAD = 0
    LENGTH = 1
    UNTIL_CLOSE = 2
    CHUNK_SIZE = 3
    CHUNK = 4
    CHUNK_END = 5
    TRAILERS = 6


class Framer:
    """Takes the bytes of a stream and returns the same bytes, in the same order, as pieces of messages.

    answers: True if the stream contains answers, False if it contains requests.

    A head is always one piece. Set `next_is_answer_to_head` if the next answer belongs to a HEAD request,
    because these answers have no body.
    """

    def __init__(self, *, answers: bool) -> None:
        self._answers = answers
        self._buffer = bytearray()
        self._part = _Part.HEAD
        self._remaining = 0
        self.next_is_answer_to_head = False

    @property
    def unread(self) -> bytes:
        """The bytes that are not part of a returned piece yet."""
        return bytes(self._buffer)

    @property
    def is_between_messages(self) -> bool:
        """True if every message that has begun is complete."""
        return self._part is _Part.HEAD and not self._buffer

    @property
    def ends_at_close(self) -> bool:
        """True if the current message ends when the connection is closed."""
        return self._part is _Part.UNTIL_CLOSE

    def feed(self, data: bytes) -> Iterator[Piece]:
        """The pieces that are complete after these bytes. Raises NotHttpError."""
        if self._part is _Part.LENGTH and not self._buffer and 0 < len(data) <= self._remaining:
            yield self._body_piece(data)
            return
        self._buffer += data
        while (piece := self._next_piece()) is not None:
            yield piece

    def _next_piece(self) -> Piece | None:
        match self._part:
            case _Part.HEAD:
                return self._head()
            case _Part.LENGTH:
                payload = self._take_from_buffer(min(self._remaining, len(self._buffer)))
                return self._body_piece(payload) if payload else None
            case _Part.UNTIL_CLOSE:
                payload = self._take_from_buffer(len(self._buffer))
                return Piece(payload, payload=payload) if payload else None
            case _Part.CHUNK:
                return self._chunk()
            case _:
                return self._chunk_line()

    def _head(self) -> Piece | None:
        found = _END_OF_HEAD.search(self._buffer)
        if found is None:
            if len(self._buffer) > _MAX_HEAD_BYTES:
                raise NotHttpError("the head is too long")
            self._check_first_bytes()
            return None
        raw = bytes(self._buffer[: found.end()])
        head = _parse_head(raw, answers=self._answers)
        is_interim = self._answers and head.status < 200
        if not is_interim:
            self._begin_body(head)
        del self._buffer[: found.end()]
        if is_interim:
            return Piece(raw)
        return Piece(raw, head=head, last=self._part is _Part.HEAD)

    def _check_first_bytes(self) -> None:
        if self._answers and not b"HTTP/1."[: len(self._buffer)] == self._buffer[:7]:
            raise NotHttpError("the answer does not begin with HTTP/1.")

    def _begin_body(self, head: Head) -> None:
        has_no_body = self.next_is_answer_to_head or (self._answers and head.status in _STATUSES_WITHOUT_BODY)
        self.next_is_answer_to_head = False
        if has_no_body:
            return
        coding = ",".join(head.values("transfer-encoding")).lower()
        lengths = set(head.values("content-length"))
        if coding:
            self._part = _Part.CHUNK_SIZE if coding.endswith("chunked") else _Part.UNTIL_CLOSE
        elif lengths:
            self._remaining = _parse_length(lengths)
            self._part = _Part.LENGTH if self._remaining else _Part.HEAD
        elif self._answers:
            self._part = _Part.UNTIL_CLOSE

    def _body_piece(self, payload: bytes) -> Piece:
        self._remaining -= len(payload)
        if not self._remaining:
            self._part = _Part.HEAD
        return Piece(payload, payload=payload, last=not self._remaining)

    def _chunk(self) -> Piece | None:
        payload = self._take_from_buffer(min(self._remaining, len(self._buffer)))
        if not payload:
            return None
        self._remaining -= len(payload)
        if not self._remaining:
            self._part = _Part.CHUNK_END
        return Piece(payload, payload=payload)

    def _chunk_line(self) -> Piece | None:
        end = self._buffer.find(b"\n")
        if end < 0:
            if len(self._buffer) > _MAX_LINE_BYTES:
                raise NotHttpError("a line between chunks is too long")
            if self._part is _Part.CHUNK_SIZE and self._buffer:
                _chunk_size(bytes(self._buffer), is_complete=False)
            return None
        raw = bytes(self._buffer[: end + 1])
        last = self._finish_line(raw)
        del self._buffer[: end + 1]
        return Piece(raw, last=last)

    def _finish_line(self, raw: bytes) -> bool:
        """Reads a line between chunks, and sets which part of the message comes next.

        Returns True if the message ends with this line.
        """
        if self._part is _Part.CHUNK_SIZE:
            self._remaining = _chunk_size(raw, is_complete=True)
            self._part = _Part.CHUNK if self._remaining else _Part.TRAILERS
        elif self._part is _Part.CHUNK_END:
            if raw.strip():
                raise NotHttpError("a chunk is longer than its size")
            self._part = _Part.CHUNK_SIZE
        elif not raw.strip():
            self._part = _Part.HEAD
            return True
        return False

    def _take_from_buffer(self, count: int) -> bytes:
        if count == len(self._buffer):
            taken = bytes(self._buffer)
            self._buffer.clear()
            return taken
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        return taken


def _parse_head(raw: bytes, *, answers: bool) -> Head:
    first, *lines = raw.decode("latin-1").rstrip("\r\n").replace("\r\n", "\n").split("\n")
    words = tuple(first.split(" ", 2))
    if answers and not (len(words) >= 2 and words[0].startswith("HTTP/1.") and _is_status(words[1])):
        raise NotHttpError("the answer has no status")
    if not answers and not (len(words) == 3 and words[2].startswith("HTTP/1.") and _is_token(words[0])):
        raise NotHttpError("the request has no valid first line")
    pairs = (
        (name.strip().lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines)
    )
    return Head(words, tuple((name, value.replace("\r", " ")) for name, value in pairs if _is_token(name)))


def _is_status(word: str) -> bool:
    return word.isascii() and word.isdecimal() and int(word) in STATUSES


@lru_cache(_MAX_CACHED_NAMES)
def _is_token(word: str) -> bool:
    """Whether a word is valid as a method or as the name of a header."""
    return TOKEN.fullmatch(word) is not None


def _parse_length(lengths: set[str]) -> int:
    text = next(iter(lengths))
    if len(lengths) > 1 or not _LENGTH.fullmatch(text):
        raise NotHttpError("the content-length is not a number of bytes")
    return int(text.lstrip("0") or "0")


def _chunk_size(raw: bytes, *, is_complete: bool) -> int:
    digits = raw.partition(b";")[0].rstrip()
    if not digits and not is_complete:
        return 0
    if not _CHUNK_SIZE.fullmatch(digits):
        raise NotHttpError("a chunk has no size")
    return int(digits, 16)
