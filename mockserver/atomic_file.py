"""Files that are there in full or not at all, and that nobody reads who may not."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from errno import EISDIR
from io import FileIO
from pathlib import Path
from secrets import token_hex
from stat import S_ISDIR, S_ISREG
from tempfile import TemporaryFile

from workerkit.openapi.errors import UsageError

_STANDARD_STREAMS = (1, 2)


class CannotWriteError(UsageError, OSError):
    """A file cannot be written; the message says which and why."""


def write_whole(name: str, content: bytes, *, secret: bool = False) -> None:
    """Writes a file in one step, so that whoever sees it sees all of it. Raises CannotWrite.

    A file of the user's own keeps its mode. A new one can be read by its owner only where it is `secret`, and
    else by whom the umask lets. A link stays, and the file that it leads to is written. What is there and is
    no file, such as a device or a pipe, is written to as it is; so is the file that standard output goes to.
    """
    with _told(name):
        there = _there(Path(name))
        if there is None or _is_replaced(there):
            _replace(_real(name), content, there, secret=secret)
        else:
            _write_into(name, there, content)


def check_writable(name: str) -> None:
    """Finds out whether `write_whole` could write a file now, without a trace. Raises CannotWrite."""
    with _told(name):
        there = _there(Path(name))
        if there is not None and S_ISDIR(there.st_mode):
            raise IsADirectoryError(EISDIR, os.strerror(EISDIR))
        if there is None or _is_replaced(there):
            with TemporaryFile(dir=_real(name).parent):
                pass


def made_folder(name: str) -> str:
    """The folder, which is there and can be written to afterwards. Raises CannotWrite."""
    try:
        Path(name).mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=name):
            pass
    except OSError as error:
        raise CannotWriteError(f"{name} cannot be written to: {error.strerror or error}") from None
    return name


def for_owner(name: str, flags: int) -> int:
    """Opens a file, as `opener` of `open`: one that is made by it can be read by its owner only."""
    return os.open(name, flags, 0o600)


def put_in_place(file: FileIO, draft: Path, name: str) -> None:
    """Gives a draft that was made `for_owner` the name of another file, and that one's mode, in one step.

    `file` is the draft, open; it is closed afterwards. Raises CannotWrite.
    """
    with _told(name), file:
        os.fsync(file.fileno())
        _settle(file.fileno(), draft, _real(name), _kept_mode(_there(Path(name))))


@contextmanager
def _told(name: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise CannotWriteError(f"{name} cannot be written: {error.strerror or error}") from None


def _there(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except FileNotFoundError:
        return None


def _real(name: str) -> Path:
    return Path(os.path.realpath(name))


def _is_replaced(there: os.stat_result) -> bool:
    return S_ISREG(there.st_mode) and _stream(there) is None


def _stream(there: os.stat_result) -> int | None:
    """Which standard stream goes to this file: another in its place would not get what is printed."""
    for number in _STANDARD_STREAMS:
        with suppress(OSError):
            if os.path.samestat(there, os.fstat(number)):
                return number
    return None


def _write_into(name: str, there: os.stat_result, content: bytes) -> None:
    sys.stdout.flush()
    stream = _stream(there)
    # A file that is opened anew is written from its beginning, over what was printed.
    number = os.open(name, os.O_WRONLY) if stream is None else os.dup(stream)
    with open(number, "wb") as file:
        file.write(content)


def _replace(path: Path, content: bytes, there: os.stat_result | None, *, secret: bool) -> None:
    draft = path.with_name(f".workerkit-{token_hex(8)}")
    kept = _kept_mode(there)
    # The umask of a process cannot be asked for without a change of it: only the opening heeds it.
    mode = 0o600 if secret or kept is not None else 0o666
    number = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
    try:
        with open(number, "wb") as file:
            file.write(content)
            file.flush()
            _settle(number, draft, path, kept)
    finally:
        draft.unlink(missing_ok=True)


def _kept_mode(there: os.stat_result | None) -> int | None:
    # Somebody else's file may lie there so that he can read what is to come.
    return there.st_mode & 0o777 if there is not None and there.st_uid == os.geteuid() else None


def _settle(number: int, draft: Path, path: Path, mode: int | None) -> None:
    if mode is not None:
        os.fchmod(number, mode)
    draft.replace(path)
