"""Locks a file against other processes. When a process ends, the system releases its locks."""

from __future__ import annotations

import os
import sys
import time
from contextlib import suppress

try:
    from fcntl import LOCK_EX, LOCK_NB, flock
except ImportError:  # Windows
    _HAS_FLOCK = False
else:
    _HAS_FLOCK = True
if sys.platform == "win32":
    import msvcrt

_SECONDS_BETWEEN_TRIES = 0.05
# Windows lets nobody else read or write the bytes that are locked. No file is as long as this.
_LOCKED_BYTE = 2**62


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
    elif sys.platform == "win32":
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


if sys.platform == "win32":

    def _lock_byte(file: int) -> None:
        position = os.lseek(file, 0, os.SEEK_CUR)
        os.lseek(file, _LOCKED_BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        except PermissionError as error:
            raise BlockingIOError(*error.args) from None
        finally:
            os.lseek(file, position, os.SEEK_SET)
