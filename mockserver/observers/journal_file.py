"""Journals on disk, written as requests come: HAR, or JSON lines."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from http import HTTPStatus
from importlib.metadata import version
from io import FileIO, RawIOBase, StringIO
from pathlib import Path
from stat import S_ISCHR, S_ISREG
from types import TracebackType
from typing import Any, Protocol
from urllib.parse import parse_qsl

import harfile

from workerkit.mockserver.atomic_file import CannotWriteError, for_owner
from workerkit.mockserver.world.world import World
from workerkit.mockserver.world.world_mask import mask_of
from workerkit.mockserver.worlds.worlds import News, Worlds
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.formats.strict_json import render
from workerkit.openapi.formats.timestamp import written_in_milliseconds
from workerkit.scenarios.run_record.change import Change

Json = dict[str, Any]
_log = logging.getLogger("workerkit.mockserver")


class JournalFile:
    """A file of exchanges, without secrets: HAR where its name ends in `.har`, else a line of JSON for each.

    Every exchange is with the operating system before its answer is sent: the mock's end, however sudden,
    loses at most the exchange in flight. A file of lines may then end in a part of a line. A HAR has its end
    written after each entry, and the next entry over it: it is whole at any time but in the very moment of
    writing; if the mock is killed in that, cut the file behind its last whole entry, each of which begins on
    a line of its own, and close the brackets.

    A new file can be read by its owner only; one that was there keeps its mode, and what was in it goes when
    the journal begins, from `with` on. Raises CannotWrite, at once, where it cannot be
    written. Once writing fails later, a line in the log says so and the mock goes on.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._file = _opened(name)
        self._file.close()
        self._form: Form
        self._works = False

    def __enter__(self) -> JournalFile:
        self._file = _opened(self._name)
        self._form = (Har if Path(self._name).suffix.lower() == ".har" else Lines)(self._file)
        self._works = True
        self._try(self._form.begin)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._works = False
        self._file.close()

    def hear(self, world: World, news: News) -> None:
        """Writes an exchange of a world; for `Worlds.watch`."""
        if self._works and not isinstance(news, Change):
            masked = mask_of(world).exchange(news)
            self._try(partial(self._form.add, world.name, news, masked))

    def _try(self, write: Callable[[], None]) -> None:
        try:
            write()
        except OSError as error:
            self._works = False
            _log.error("%s: nothing more is written: %s", self._name, error.strerror or error)


@contextmanager
def written_to(file: JournalFile | None, worlds: Worlds) -> Iterator[None]:
    """Writes the exchanges of all worlds to a file, if there is one, from here to the end."""
    if file is None:
        yield
        return
    with file:
        worlds.watch(file.hear)
        yield


class Form(Protocol):
    """The way in which exchanges stand in a file."""

    def begin(self) -> None:
        """Empties the file."""

    def add(self, world: str, exchange: Exchange, masked: Json) -> None:
        """Writes an exchange of a world, of which `masked` may be shown. Raises OSError."""


class Lines:
    """A line of JSON for each exchange: what the control plane's journal shows, and `world`."""

    def __init__(self, file: RawIOBase) -> None:
        self._file = file

    def begin(self) -> None:
        _empty(self._file)

    def add(self, world: str, exchange: Exchange, masked: Json) -> None:
        _write(self._file, render({"world": world, **masked}) + b"\n")


class Har:
    """A HAR 1.2. Its end stands behind each entry, and the next entry is written over it."""

    def __init__(self, file: RawIOBase) -> None:
        self._file = file
        creator = harfile.Creator("workerkit", version("likepion-workerkit"))
        self._empty, self._end = _ends(creator)
        self._text = StringIO()
        self._har = harfile.HarFile(self._text, creator=creator)
        self._length = 0

    def begin(self) -> None:
        _empty(self._file)
        _write(self._file, self._empty)

    def add(self, world: str, exchange: Exchange, masked: Json) -> None:
        self._har.add_entry(**_entry(world, exchange, masked))
        added = self._text.getvalue().encode()
        self._text.seek(0)
        self._text.truncate()
        self._file.seek(self._length)
        _write(self._file, added + self._end)
        self._length += len(added)


def _entry(world: str, exchange: Exchange, masked: Json) -> Json:
    milliseconds = round(masked["seconds"] * 1000, 3)
    who = f"{masked['operation'] or 'no operation'} by {masked['server'] or 'nobody known'}"
    why = f": {masked['why']}" if masked["why"] else ""
    return {
        "startedDateTime": written_in_milliseconds(exchange.began),
        "time": milliseconds,
        "request": _request(exchange, masked),
        "response": _response(exchange, masked),
        "timings": harfile.Timings(send=0, wait=milliseconds, receive=0),
        "comment": f"exchange {exchange.number} of world {world}, {who}{why}",
    }


def _request(exchange: Exchange, masked: Json) -> harfile.Request:
    headers, body = masked["request"]["headers"], masked["request"]["body"]
    query = f"?{masked['query']}" if masked["query"] else ""
    return harfile.Request(
        method=masked["method"],
        url=f"http://{_header(headers, 'host') or 'localhost'}{masked['path']}{query}",
        httpVersion="HTTP/1.1",
        headers=_records(headers),
        queryString=_records(parse_qsl(masked["query"], keep_blank_values=True)),
        postData=None
        if body is None
        else harfile.PostData(_header(headers, "content-type"), text=_text(body)),
        bodySize=len(exchange.request_body),
    )


def _response(exchange: Exchange, masked: Json) -> harfile.Response:
    headers, body = masked["answer"]["headers"], masked["answer"]["body"]
    return harfile.Response(
        status=exchange.status or 0,
        statusText=_phrase(exchange.status),
        httpVersion="HTTP/1.1",
        headers=_records(headers),
        content=harfile.Content(
            size=len(exchange.answer_body),
            mimeType=_header(headers, "content-type"),
            text=None if body is None else _text(body),
        ),
        redirectURL="",
        bodySize=len(exchange.answer_body),
    )


def _records(pairs: Iterable[Sequence[str]]) -> list[harfile.Record]:
    return [harfile.Record(name, value) for name, value in pairs]


def _header(headers: Iterable[Sequence[str]], name: str) -> str:
    return next((value for each, value in headers if each == name), "")


def _text(body: Any) -> str:
    return body if isinstance(body, str) else render(body).decode()


def _phrase(status: int | None) -> str:
    return HTTPStatus(status).phrase if status in _STATUSES else ""


def _ends(creator: harfile.Creator) -> tuple[bytes, bytes]:
    """A HAR without entries, and what stands behind the last entry of another."""
    empty, other = StringIO(), StringIO()
    harfile.HarFile(empty, creator=creator).close()
    har = harfile.HarFile(other, creator=creator)
    request, response = harfile.Request("GET", "/", "HTTP/1.1"), harfile.Response(200, "OK", "HTTP/1.1")
    timings = harfile.Timings(0, 0, 0)
    har.add_entry(startedDateTime="", time=0, request=request, response=response, timings=timings)
    length = len(other.getvalue())
    har.close()
    return empty.getvalue().encode(), other.getvalue()[length:].encode()


_STATUSES = frozenset(HTTPStatus)


def _opened(name: str) -> FileIO:
    """The file, as it is, made where there is none. Raises CannotWrite."""
    try:
        file = FileIO(name, "r+", opener=_create)
    except OSError as error:
        raise CannotWriteError(f"{name} cannot be written: {error.strerror or error}") from None
    if not (_is(S_ISREG, file) or _is(S_ISCHR, file)):
        file.close()
        raise CannotWriteError(
            f"{name} cannot be written: it is neither a file nor a terminal, and could block the mock"
        )
    return file


def _create(name: str, flags: int) -> int:
    # Without waiting: the opening of a pipe would wait for its reader.
    return for_owner(name, flags | os.O_CREAT | os.O_NONBLOCK)


def _is(what: Callable[[int], bool], file: RawIOBase) -> bool:
    return what(os.fstat(file.fileno()).st_mode)


def _empty(file: RawIOBase) -> None:
    if _is(S_ISREG, file):
        file.seek(0)
        file.truncate()


def _write(file: RawIOBase, data: bytes) -> None:
    """Hands data over to the operating system, all of it."""
    while data:
        data = data[file.write(data) or 0 :]
