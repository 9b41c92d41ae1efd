"""The file with the worlds of a mock: a line of JSON about the file, then a line for each world."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from io import FileIO
from pathlib import Path
from stat import S_ISREG
from typing import Any

from workerkit.mockserver.atomic_file import CannotWriteError, check_writable, open_for_owner, replace_file
from workerkit.mockserver.platform.file_lock import lock_if_possible
from workerkit.openapi.errors import UsageError
from workerkit.openapi.formats.strict_json import MalformedJsonError, parse, render

Json = dict[str, Any]
_FORMAT, _FORMAT_KEY = 1, "workerkit_state"
MAX_BYTES = 2**28
_COPIED_BYTES = 2**18


class BadStateFileError(UsageError):
    """A state file cannot be used. The message says where and why. The file was not changed."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a line is in the file, in bytes."""

    begin: int
    length: int


@dataclass(frozen=True, slots=True)
class StateLine:
    """A line of the file: its JSON, its number in the file and its place."""

    value: Json
    number: int
    place: Place


class StateFile:
    """A state file of this process. Use it in a `with` block: until the block ends, no other mock has it.

    The file `NAME.lock` beside it is the lock. It stays when the mock ends, and means nothing then.

    Raises CannotWriteError if another mock has the file, or if it cannot be written.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._path = Path(os.path.realpath(name))
        self._draft_path = self._path.with_name(f".{self._path.name}.draft")
        self._lock: FileIO | None = None

    def __enter__(self) -> StateFile:
        if self._path.exists() and not S_ISREG(self._path.stat().st_mode):
            raise CannotWriteError(f"{self.name} cannot be written: it is not a regular file")
        check_writable(self.name)
        self._lock = _locked(self._path.with_name(f"{self._path.name}.lock"), self.name)
        return self

    def __exit__(self, *_: object) -> None:
        if self._lock is not None:
            self._lock.close()

    def read(self) -> list[StateLine]:
        """The lines of the file, the one about the file first. Empty if the file is empty or does not exist.

        Raises BadStateFileError.
        """
        try:
            size = self._path.stat().st_size
            data = self._path.read_bytes() if size <= MAX_BYTES else b""
        except FileNotFoundError:
            return []
        except OSError as error:
            raise BadStateFileError(f"{self.name} cannot be read: {error.strerror or error}") from None
        if size > MAX_BYTES:
            raise self.bad(1, f"the file has more than {MAX_BYTES // 2**20} MiB")
        lines = list(self._lines(data)) if data else []
        if lines:
            self._check_head(lines[0].value)
        return lines

    def bad(self, number: int, why: str) -> BadStateFileError:
        """The error for a line that cannot be used."""
        return BadStateFileError(
            f"{self.name}:{number}: {why}. The file was not changed. Choose another file, or "
            "move this one away"
        )

    def draft(self) -> StateDraft:
        """A new draft that can replace the file. Raises CannotWriteError."""
        return StateDraft(self.name, self._path, self._draft_path)

    def _lines(self, data: bytes) -> Iterator[StateLine]:
        begin = 0
        for index, text in enumerate(data.splitlines(keepends=True)):
            if not text.endswith(b"\n"):
                raise self.bad(index + 1, "the line is not complete")
            yield StateLine(self._parsed(index + 1, text), index + 1, Place(begin, len(text)))
            begin += len(text)

    def _parsed(self, number: int, text: bytes) -> Json:
        try:
            value = parse(text)
        except MalformedJsonError as error:
            raise self.bad(number, f"this is no state file of workerkit: {error}") from None
        if not isinstance(value, dict):
            raise self.bad(number, "this is no state file of workerkit: the line is no JSON object")
        return value

    def _check_head(self, head: Json) -> None:
        if _FORMAT_KEY not in head:
            raise self.bad(1, f"this is no state file of workerkit: the member {_FORMAT_KEY} is missing")
        if head[_FORMAT_KEY] != _FORMAT:
            by = head.get("made_by")
            raise self.bad(
                1,
                f"workerkit {by} wrote this file in the format {head[_FORMAT_KEY]}, and this version reads "
                f"only format {_FORMAT}",
            )


class StateDraft:
    """The next content of a state file. Other processes see it only after `replace`."""

    def __init__(self, name: str, path: Path, draft_path: Path) -> None:
        self._name, self._path, self._draft_path = name, path, draft_path
        self._size = 0
        try:
            draft_path.unlink(missing_ok=True)
            self._file = FileIO(str(draft_path), "xb", opener=open_for_owner)
        except OSError as error:
            raise CannotWriteError(f"{name} cannot be written: {error.strerror or error}") from None

    def head(self, last_name: int) -> bytes:
        """The line about the file.

        last_name: the number in the newest name that the mock chose for a world.
        """
        head = {_FORMAT_KEY: _FORMAT, "made_by": version("likepion-workerkit"), "last_name": last_name}
        return render(head) + b"\n"

    def write(self, data: bytes) -> None:
        """Writes at the end of the draft. Raises CannotWriteError, also if the file gets too large."""
        self._size += len(data)
        if self._size > MAX_BYTES:
            raise CannotWriteError(
                f"{self._name} cannot be written: the worlds need more than {MAX_BYTES // 2**20} MiB"
            )
        try:
            while data:
                data = data[self._file.write(data) or 0 :]
        except OSError as error:
            raise CannotWriteError(f"{self._name} cannot be written: {error.strerror or error}") from None

    def copied(self, place: Place) -> Iterator[bytes]:
        """A line of the present file, in parts."""
        with self._path.open("rb") as file:
            file.seek(place.begin)
            left = place.length
            while left:
                part = file.read(min(left, _COPIED_BYTES))
                if not part:
                    raise CannotWriteError(f"{self._name} was changed by another program")
                left -= len(part)
                yield part

    def replace(self) -> None:
        """Replaces the file in one step. Waits until the disk has the draft. Raises CannotWriteError."""
        replace_file(self._file, self._draft_path, self._name)

    def drop(self) -> None:
        """Deletes the draft."""
        self._file.close()
        self._draft_path.unlink(missing_ok=True)


def _locked(lock_path: Path, name: str) -> FileIO:
    """Opens and locks a file. A file system without locks is accepted. Raises CannotWriteError."""
    try:
        lock = FileIO(str(lock_path), "ab", opener=open_for_owner)
    except OSError as error:
        raise CannotWriteError(f"{lock_path} cannot be written: {error.strerror or error}") from None
    if not lock_if_possible(lock.fileno()):
        lock.close()
        raise CannotWriteError(
            f"{name} cannot be written: another mock keeps its worlds in this file. Choose another file"
        )
    return lock
