"""The careful workers, in many languages and styles, that no rule may blame."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from shutil import which

EXAMPLES = Path(__file__).parents[1] / "examples"


@dataclass(frozen=True, slots=True)
class Actor:
    """A worker by its command, and the programs without which it cannot run."""

    name: str
    words: tuple[str, ...]
    needs: tuple[str, ...] = ()

    @property
    def missing(self) -> str:
        """What is missing on this machine, with commas; empty where the worker can run."""
        return ", ".join(program for program in self.needs if which(program) is None)


EXAMPLE_WORKERS = (
    Actor("python", (sys.executable, str(EXAMPLES / "worker.py"))),
    Actor("httpx", (sys.executable, str(EXAMPLES / "worker_httpx.py"))),
    Actor("node", ("node", str(EXAMPLES / "worker.js")), ("node",)),
    Actor("shell", ("bash", str(EXAMPLES / "worker.sh")), ("bash", "curl", "jq")),
)

STYLES = {
    "one-by-one": "--page 1 --read first",
    "sevens": "--page 7 --paging offset --requeue",
    "daemon": "--daemon --page 100 --requeue",
    "threads": "--threads 8 --page 100 --look canceled",
    "threads-all": "--threads 8 --page 1000 --read all --by callback",
    "callback": "--by callback --page 20 --paging offset --read first --requeue",
    "callback-daemon": "--daemon --by callback --threads 4 --page 7",
    "bulk": "--by bulk --page 1000 --read all --threads 4 --requeue",
    "bulk-daemon": "--daemon --by bulk --page 50 --paging offset",
    "blind": "--look never --page 1000 --read all --threads 8",
    "hasty": "--hasty --chatty --read first --page 5",
    "chatty-callback": "--chatty --by callback --daemon --threads 2",
}
STYLED_WORKERS = tuple(
    Actor(name, (sys.executable, str(Path(__file__).with_name("careful.py")), *style.split()))
    for name, style in STYLES.items()
)
_ANEW = 'timeout --signal=KILL 0.7 "$@"; exec "$@"'
OTHER_WORKERS = (
    Actor("pipeline", (sys.executable, str(Path(__file__).with_name("pipeline.py")))),
    Actor(
        "killed-and-started-anew",
        ("bash", "-c", _ANEW, "anew", *STYLED_WORKERS[0].words),
        ("bash", "timeout"),
    ),
)
CAREFUL_WORKERS = EXAMPLE_WORKERS + STYLED_WORKERS + OTHER_WORKERS
