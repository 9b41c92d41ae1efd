"""Takes away what Windows lacks: modules, signals and calls of POSIX. Adds its way to lock files.

Python imports this file when it starts, if its folder is in PYTHONPATH. What other packages need on Linux
stays: psutil is imported before `resource` is gone, pytest calls os.getuid, and mcp may import fcntl.
"""

import asyncio
import builtins
import errno
import fcntl
import multiprocessing
import os
import select
import signal
import sys
from types import ModuleType
from typing import Any, NoReturn

import psutil  # noqa: F401

MODULES = ("fcntl", "termios", "resource", "pwd", "grp", "uvloop")
NAMES: dict[Any, tuple[str, ...]] = {
    os: (
        "posix_spawn",
        "posix_spawnp",
        "killpg",
        "geteuid",
        "fchmod",
        "set_blocking",
        "O_NOFOLLOW",
        "O_NONBLOCK",
    ),
    select: ("poll",),
    signal: ("SIGHUP", "SIGCONT", "SIGCHLD", "SIGPIPE", "SIGXFSZ", "SIGSTOP", "pause"),
}


def _refuse(*_: object) -> NoReturn:
    raise NotImplementedError


def _lock(file: int, mode: int, count: int) -> None:
    """Like msvcrt.locking: refuses a lock that somebody else has with a PermissionError."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise PermissionError(errno.EACCES, "Permission denied") from None


_import = builtins.__import__


def _import_for(name: str, names: Any = None, *others: Any, **more: Any) -> Any:
    """Imports a module. `names`: those of the module that imports it."""
    is_mcp = names is not None and str(names.get("__name__")).startswith("mcp.")
    return fcntl if name == "fcntl" and is_mcp else _import(name, names, *others, **more)


builtins.__import__ = _import_for  # type: ignore[assignment]
sys.modules["msvcrt"] = ModuleType("msvcrt")
sys.modules["msvcrt"].__dict__.update(LK_NBLCK=2, locking=_lock)
for module in MODULES:
    sys.modules[module] = None  # type: ignore[assignment]
for owner, names in NAMES.items():
    for name in names:
        delattr(owner, name)
multiprocessing.get_all_start_methods = lambda: ["spawn"]
asyncio.SelectorEventLoop.add_signal_handler = _refuse  # type: ignore[assignment, method-assign]
