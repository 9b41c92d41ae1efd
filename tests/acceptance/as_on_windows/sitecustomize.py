"""Takes away what Windows lacks: modules, signals and calls of POSIX.

Python imports this file when it starts, if its folder is in PYTHONPATH. What other packages need on Linux
stays: psutil is imported before `resource` is gone, and pytest calls os.getuid.
"""

import asyncio
import os
import select
import signal
import sys
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


for module in MODULES:
    sys.modules[module] = None  # type: ignore[assignment]
for owner, names in NAMES.items():
    for name in names:
        delattr(owner, name)
asyncio.SelectorEventLoop.add_signal_handler = _refuse  # type: ignore[assignment, method-assign]
