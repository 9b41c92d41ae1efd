"""Locks a file against other processes. When a process ends, the system releases its locks."""

from __future__ import annotations

import importlib
import os
import time
from contextlib import suppress
from typing import Any

try:
    from fcntl import LOCK_EX, LOCK_NB, flock
except ImportError:  # Windows
    _HAS_FLOCK = False
else:
    _HAS_FLOCK = True


def _windows_locks() -> Any:
    """The module of Windows that locks bytes of files. None on other systems."""
    try:
        return importlib.import_module("msvcrt")
    except ImportError:
        return None


_WINDOWS_LOCKS = _windows_locks()
_SECONDS_BETWEEN_TRIES = 0.05
# Windows lets nobody else read or write the bytes that are locked. Locked files are nearly always shorter.
# The position fits into 32 bits, so every file system and library can lock it.
_LOCKED_BYTE = 2**31 - 2


def lock_file(file: int) -> None:
    """Locks an open file until it is closed. Waits as long as somebody else has the lock.

    file: the file descriptor.
    Raises OSError if the file system has no locks.
    """
    if _HAS_FLOCK:
        flock(file, LOCK_EX)
        return
    while True:
        with suppress(BlockingIOError):
            return lock_file_at_once(file)
        time.sleep(_SECONDS_BETWEEN_TRIES)


def lock_file_at_once(file: int) -> None:
    """Locks an open file until it is closed.

    file: the file descriptor.
    Raises BlockingIOError if somebody else has the lock, and OSError if the file system has no locks. A
    system that has neither the locks of Unix nor those of Windows locks nothing.
    """
    if _HAS_FLOCK:
        flock(file, LOCK_EX | LOCK_NB)
    elif _WINDOWS_LOCKS is not None:
        _lock_byte(file)


def lock_if_possible(file: int) -> bool:
    """Locks an open file until it is closed. False if somebody else has the lock.

    A file system without locks is accepted: then nothing is locked.
    """
    try:
        lock_file_at_once(file)
    except BlockingIOError:
        return False
    except OSError:
        pass
    return True


def _lock_byte(file: int) -> None:
    position = os.lseek(file, 0, os.SEEK_CUR)
    os.lseek(file, _LOCKED_BYTE, os.SEEK_SET)
    try:
        _WINDOWS_LOCKS.locking(file, _WINDOWS_LOCKS.LK_NBLCK, 1)
    except PermissionError as error:
        raise BlockingIOError(*error.args) from None
    finally:
        os.lseek(file, position, os.SEEK_SET)
