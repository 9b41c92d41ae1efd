"""Files that are there in full or not at all."""

from __future__ import annotations

import os
from errno import EISDIR
from pathlib import Path
from tempfile import TemporaryFile

from workerkit.openapi.errors import UsageError


class CannotWriteError(UsageError, OSError):
    """A file cannot be written; the message says which and why."""


def write_whole(name: str, content: bytes) -> None:
    """Writes a file in one step, so that whoever sees it sees all of it. Raises CannotWrite.

    What is there and is no file, such as a device or a pipe, is written to as it is.
    """
    try:
        if Path(name).exists() and not Path(name).is_file():
            Path(name).write_bytes(content)
        else:
            _replace(Path(name).resolve(), content)
    except OSError as error:
        raise CannotWriteError(f"{name} cannot be written: {error.strerror or error}") from None


def check_writable(name: str) -> None:
    """Finds out whether `write_whole` could write a file now, without a trace. Raises CannotWrite."""
    path = Path(name).resolve()
    try:
        if path.is_dir():
            raise IsADirectoryError(EISDIR, os.strerror(EISDIR))
        if path.exists() and not path.is_file():
            return
        with TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        raise CannotWriteError(f"{name} cannot be written: {error.strerror or error}") from None


def made_folder(name: str) -> str:
    """The folder, which is there and can be written to afterwards. Raises CannotWrite."""
    try:
        Path(name).mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=name):
            pass
    except OSError as error:
        raise CannotWriteError(f"{name} cannot be written to: {error.strerror or error}") from None
    return name


def _replace(path: Path, content: bytes) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.write_bytes(content)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
