"""Writes files in one step. Other processes see the old file or the complete new file, never a part."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from errno import EISDIR, ENXIO
from io import FileIO
from pathlib import Path
from secrets import token_hex
from stat import S_ISDIR, S_ISREG
from tempfile import TemporaryFile

from workerkit.openapi.errors import UsageError

_STANDARD_STREAMS = (1, 2)
# Windows lacks these flags. It has no named pipes in folders, and links there need special rights.
_NO_FOLLOW, _NO_WAIT = getattr(os, "O_NOFOLLOW", 0), getattr(os, "O_NONBLOCK", 0)
# Only Windows has it: without it, Windows writes each line end as two bytes.
_BINARY = getattr(os, "O_BINARY", 0)


class CannotWriteError(UsageError, OSError):
    """A file cannot be written. The message names the file and the reason."""


def write_atomically(name: str, content: bytes, *, secret: bool = False) -> None:
    """Writes a file in one step. Raises CannotWriteError.

    An existing file of this user keeps its mode. A new file gets mode 0600 if it is `secret`; otherwise the
    umask decides. If `name` is a symbolic link, the link stays and its target is written. Devices, pipes,
    and a file to which standard output or standard error goes cannot be replaced. The content is written
    into them. A pipe that nobody reads is an error: otherwise this function would wait for a reader.
    """
    with _os_errors_as_cannot_write(name):
        existing = _existing_file(Path(name))
        if existing is None or _is_replaceable(existing):
            _replace(_link_target(name), content, existing, secret=secret)
        else:
            _write_into(name, existing, content)


def check_writable(name: str) -> None:
    """Checks whether `write_atomically` could write this file now. Leaves no file behind.

    Raises CannotWriteError.
    """
    with _os_errors_as_cannot_write(name):
        existing = _existing_file(Path(name))
        if existing is not None and S_ISDIR(existing.st_mode):
            raise IsADirectoryError(EISDIR, os.strerror(EISDIR))
        if existing is None or _is_replaceable(existing):
            with TemporaryFile(dir=_link_target(name).parent):
                pass


def make_folder(name: str) -> str:
    """Creates a folder if it does not exist, checks that files can be written to it, and returns its name.

    Raises CannotWriteError.
    """
    try:
        Path(name).mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=name):
            pass
    except OSError as error:
        raise CannotWriteError(f"{name} cannot be written to: {error.strerror or error}") from None
    return name


def open_for_owner(name: str, flags: int) -> int:
    """An `opener` for `open`: a file that it creates gets mode 0600, so only its owner can read it."""
    return os.open(name, flags, 0o600)


def draft_path(path: Path) -> Path:
    """A path beside a file, for the draft that replaces it. Nobody can predict it."""
    return path.with_name(f".workerkit-{token_hex(8)}")


def replace_file(file: FileIO, draft: Path, name: str) -> None:
    """Renames a draft to `name` in one step. If a file of this user had this name, its mode is kept.

    file: the draft, opened with `open_for_owner`. This function closes it.
    draft: the path of the draft: the new file, which was written under another name.

    Raises CannotWriteError.
    """
    with _os_errors_as_cannot_write(name):
        with file:
            os.fsync(file.fileno())
            _set_mode(file.fileno(), _mode_to_keep(_existing_file(Path(name))))
        draft.replace(_link_target(name))


@contextmanager
def _os_errors_as_cannot_write(name: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise CannotWriteError(f"{name} cannot be written: {error.strerror or error}") from None


def _existing_file(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except FileNotFoundError:
        return None


def _link_target(name: str) -> Path:
    return Path(os.path.realpath(name))


def _is_replaceable(existing: os.stat_result) -> bool:
    return S_ISREG(existing.st_mode) and _standard_stream(existing) is None


def _standard_stream(existing: os.stat_result) -> int | None:
    """The number of the standard stream that writes to this file, or None.

    If a new file replaced this file, the new file would not get the text that the process prints later.
    """
    for number in _STANDARD_STREAMS:
        with suppress(OSError):
            if os.path.samestat(existing, os.fstat(number)):
                return number
    return None


def _write_into(name: str, existing: os.stat_result, content: bytes) -> None:
    sys.stdout.flush()
    stream = _standard_stream(existing)
    # If this function opened the file again, it would overwrite the text that the process has printed.
    number = _open_device(name) if stream is None else os.dup(stream)
    with open(number, "wb") as file:
        file.write(content)


def _open_device(name: str) -> int:
    """Opens a device or a pipe without waiting for a reader. Raises OSError."""
    try:
        number = os.open(name, os.O_WRONLY | _NO_WAIT | _BINARY)
    except OSError as error:
        if error.errno == ENXIO:
            raise OSError(ENXIO, "nobody reads this pipe. Start its reader first") from None
        raise
    if _NO_WAIT:
        os.set_blocking(number, True)
    return number


def _replace(path: Path, content: bytes, existing: os.stat_result | None, *, secret: bool) -> None:
    draft = draft_path(path)
    mode_to_keep = _mode_to_keep(existing)
    # A process can read its umask only by changing it. So the call that creates the file applies the umask.
    creation_mode = 0o600 if secret or mode_to_keep is not None else 0o666
    number = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_FOLLOW | _BINARY, creation_mode)
    try:
        with open(number, "wb") as file:
            file.write(content)
            file.flush()
            _set_mode(number, mode_to_keep)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _mode_to_keep(existing: os.stat_result | None) -> int | None:
    # The mode of another user's file is not kept: it could let that user read the new content.
    # On Windows a file has no such mode. Its folder says who can read it.
    if existing is None or not hasattr(os, "geteuid") or existing.st_uid != os.geteuid():
        return None
    return existing.st_mode & 0o777


def _set_mode(number: int, mode: int | None) -> None:
    if mode is not None:
        os.fchmod(number, mode)
