"""Careful workers with the HTTP libraries that people use. `stacks/` has one for each library.

They are written from the API page and from the documentation of their library. `make test` runs those in
Python and in Node; `make bench` runs all.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.workers.careful_workers import WorkerCommand

_STACKS = Path(__file__).with_name("stacks")
# Here the Makefile installs npm packages and compiles the worker in Go.
BUILT = Path(__file__).parents[2] / "build" / "stacks"
_GSON = Path("/usr/share/java/gson.jar")
_GUZZLE = Path("/usr/share/php/GuzzleHttp/autoload.php")


def _in_python(library: str, heartbeat: float) -> WorkerCommand:
    return WorkerCommand(library, (sys.executable, str(_STACKS / f"{library}_worker.py")), (), heartbeat)


def _in_node(library: str, heartbeat: float) -> WorkerCommand:
    """Returns the worker behind a link in `BUILT`: Node looks for packages next to the link."""
    worker = BUILT / f"{library}_worker.mjs"
    words = ("node", "--preserve-symlinks-main", str(worker))
    return WorkerCommand(library, words, ("node",), heartbeat, (worker, BUILT / ".ready"))


QUICK_STACK_WORKERS = (
    _in_python("requests", 5.0),
    _in_python("aiohttp", 3.0),
    _in_node("axios", 5.0),
    _in_node("got", 4.0),
    _in_node("undici", 3.0),
)
STACK_WORKERS = (
    *QUICK_STACK_WORKERS,
    WorkerCommand(
        "java.net.http",
        ("java", "-cp", str(_GSON), str(_STACKS / "JavaWorker.java")),
        ("java",),
        5.0,
        (_GSON,),
    ),
    WorkerCommand("guzzle", ("php", str(_STACKS / "guzzle_worker.php")), ("php",), 5.0, (_GUZZLE,)),
    WorkerCommand("net/http", (str(BUILT / "go_worker"),), (), 4.0, (BUILT / "go_worker",)),
)
