"""Writes the exchanges of all worlds to a file while the mock runs, as HAR or as JSON lines."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
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

from workerkit.mockserver.atomic_file import CannotWriteError, open_for_owner
from workerkit.mockserver.platform.file_lock import lock_if_possible
from workerkit.mockserver.world.journal import as_exchange
from workerkit.mockserver.world.world import World
from workerkit.mockserver.world.world_mask import mask_of
from workerkit.mockserver.worlds.worlds import ExchangeOrChange, Worlds
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.formats.strict_json import render
from workerkit.openapi.formats.timestamp import time_text_in_milliseconds
from workerkit.openapi.formats.visible_text import visible_json
from workerkit.scenarios.run_record.change import Change

Json = dict[str, Any]
_log = logging.getLogger("workerkit.mockserver")


class JournalFile:
    """A file with exchanges, without secrets.

    The file is a HAR if its name ends in `.har`. Otherwise it has one line of JSON for each exchange.

    Each exchange is written before its answer is sent. But an exchange with a fault is written after the
    answer was sent or the connection has ended. If the mock is killed, only the exchanges that it is
    answering can be lost. Then the last line of a JSON lines file may be incomplete.

    A HAR is complete after each exchange, also if the disk becomes full. If the mock is killed while it
    writes, repair the file by hand: delete everything after the last complete entry (each entry begins on its
    own line), and add `]}}`.

    A new file can be read by its owner only. An existing file keeps its mode. Its content is deleted when the
    `with` block begins.

    Raises CannotWriteError if the file cannot be written, or if another mock writes to it. If a later write
    fails, the mock logs it, writes nothing more to the file, and continues to answer requests. The file then
    ends with the last exchange that was written completely.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._file = _open(name)
        self._file.close()
        self._format: JournalFormat
        self._is_writable = False

    def __enter__(self) -> JournalFile:
        self._file = _open(self._name)
        is_har = Path(self._name).suffix.lower() == ".har"
        self._format = HarFormat(self._file) if is_har else JsonLinesFormat(self._file)
        try:
            self._format.begin()
        except OSError as error:
            self._file.close()
            raise CannotWriteError(_reason(self._name, error)) from None
        self._is_writable = True
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._is_writable = False
        self._file.close()

    def write(self, world: World, item: ExchangeOrChange) -> None:
        """Writes an exchange. Changes are not written. Use this as subscriber of `Worlds`."""
        if self._is_writable and not isinstance(item, Change):
            exchange = as_exchange(item)
            masked = mask_of(world).exchange(exchange)
            self._try(partial(self._format.add, world.name, exchange, masked))

    def _try(self, write: Callable[[], None]) -> None:
        try:
            write()
        except OSError as error:
            self._is_writable = False
            with suppress(OSError):
                self._format.drop_last_write()
            _log.error("%s: nothing more is written: %s", self._name, error.strerror or error)


@contextmanager
def journal_exchanges_to(file: JournalFile | None, worlds: Worlds) -> Iterator[None]:
    """Writes the exchanges of all worlds to a file during the `with` block.

    file: None to write nothing.
    """
    if file is None:
        yield
        return
    with file:
        worlds.subscribe(file.write)
        yield


class JournalFormat(Protocol):
    """A file format for exchanges."""

    def begin(self) -> None:
        """Deletes the content of the file. Writes what a file without exchanges contains. Raises OSError."""

    def add(self, world: str, exchange: Exchange, masked: Json) -> None:
        """Writes an exchange. Raises OSError.

        world: the name of the exchange's world.
        masked: the exchange as JSON, without secrets.
        """

    def drop_last_write(self) -> None:
        """After `add` has failed: restores the file as it was before. Raises OSError."""


class JsonLinesFormat:
    """One line of JSON for each exchange: the exchange as in the control plane's journal, and `world`."""

    def __init__(self, file: RawIOBase) -> None:
        self._file = file
        self._length = 0

    def begin(self) -> None:
        """Deletes the content of the file."""
        _cut(self._file, 0)

    def add(self, world: str, exchange: Exchange, masked: Json) -> None:
        """Writes an exchange as one line. Raises OSError."""
        line = visible_json(render({"world": world, **masked})) + b"\n"
        _write(self._file, line)
        self._length += len(line)

    def drop_last_write(self) -> None:
        """Removes the part of a line. Raises OSError."""
        _cut(self._file, self._length)


class HarFormat:
    """A HAR 1.2 file. The end of the HAR is written after each entry, and the next entry overwrites it."""

    def __init__(self, file: RawIOBase) -> None:
        self._file = file
        creator = harfile.Creator("workerkit", version("likepion-workerkit"))
        self._empty_har, self._har_end = _empty_har_and_end(creator)
        self._text = StringIO()
        self._har = harfile.HarFile(self._text, creator=creator)
        self._length = 0

    def begin(self) -> None:
        """Writes a HAR without entries. Raises OSError. An existing HAR then stays as it is."""
        _write(self._file, self._empty_har)
        _cut(self._file, len(self._empty_har))

    def add(self, world: str, exchange: Exchange, masked: Json) -> None:
        """Writes an exchange as the last entry. Raises OSError."""
        self._har.add_entry(**_entry(world, exchange, masked))
        added = self._text.getvalue().encode()
        self._text.seek(0)
        self._text.truncate()
        self._file.seek(self._length)
        _write(self._file, added + self._har_end)
        self._length += len(added)

    def drop_last_write(self) -> None:
        """Writes the end of the HAR again, over the part of an entry. Raises OSError.

        The end had this place before, so it also fits on a full disk.
        """
        end = self._har_end if self._length else self._empty_har
        self._file.seek(self._length)
        _write(self._file, end)
        _cut(self._file, self._length + len(end))


def _entry(world: str, exchange: Exchange, masked: Json) -> Json:
    milliseconds = round(masked["seconds"] * 1000, 3)
    request = f"{masked['operation'] or 'unknown operation'} by {masked['server'] or 'unknown server'}"
    why = f": {masked['why']}" if masked["why"] else ""
    return {
        "startedDateTime": time_text_in_milliseconds(exchange.began),
        "time": milliseconds,
        "request": _request(exchange, masked),
        "response": _response(exchange, masked),
        "timings": harfile.Timings(send=0, wait=milliseconds, receive=0),
        "comment": f"exchange {exchange.number} of world {world}, {request}{why}",
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
    return next((value for header, value in headers if header == name), "")


def _text(body: Any) -> str:
    return body if isinstance(body, str) else render(body).decode()


def _phrase(status: int | None) -> str:
    return HTTPStatus(status).phrase if status in _STATUSES else ""


def _empty_har_and_end(creator: harfile.Creator) -> tuple[bytes, bytes]:
    """Returns a whole HAR without entries, and the text after the last entry of a HAR with entries."""
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


def _open(name: str) -> FileIO:
    """Opens the file without changing it. Creates it if it does not exist. Raises CannotWriteError."""
    try:
        file = FileIO(name, "r+", opener=_create)
    except OSError as error:
        raise CannotWriteError(_reason(name, error)) from None
    if not (_has_type(S_ISREG, file) or _has_type(S_ISCHR, file)):
        file.close()
        raise CannotWriteError(
            f"{name} cannot be written: it is neither a regular file nor a device, so it could block the mock"
        )
    if _has_type(S_ISREG, file):
        _lock(file, name)
    return file


def _lock(file: FileIO, name: str) -> None:
    """Locks the file until it is closed. A file system without locks is accepted.

    Raises CannotWriteError if another process, or another journal of this process, has the lock.
    """
    if not lock_if_possible(file.fileno()):
        file.close()
        raise CannotWriteError(
            f"{name} cannot be written: another mock writes its journal to this file. Choose another file"
        )


def _reason(name: str, error: OSError) -> str:
    return f"{name} cannot be written: {error.strerror or error}"


def _create(name: str, flags: int) -> int:
    # O_NONBLOCK: on some systems, opening a named pipe waits until somebody reads it.
    return open_for_owner(name, flags | os.O_CREAT | getattr(os, "O_NONBLOCK", 0))


def _has_type(is_type: Callable[[int], bool], file: RawIOBase) -> bool:
    return is_type(os.fstat(file.fileno()).st_mode)


def _cut(file: RawIOBase, length: int) -> None:
    """Cuts the file off at this length. The next write begins there. Devices are left alone."""
    if _has_type(S_ISREG, file):
        file.seek(length)
        file.truncate()


def _write(file: RawIOBase, data: bytes) -> None:
    """Writes all bytes. A raw file may write only a part of them at once."""
    while data:
        data = data[file.write(data) or 0 :]
