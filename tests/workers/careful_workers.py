"""The careful workers, in many languages and styles. They break no rule."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from shutil import which

EXAMPLES = Path(__file__).parents[1] / "examples"


@dataclass(frozen=True, slots=True)
class WorkerCommand:
    """The command of a worker.

    name: the name of the worker in messages.
    words: the words of the command.
    needs: the programs that it needs.
    heartbeat: how often it sends heartbeats, in seconds.
    files: the files that it needs.
    """

    name: str
    words: tuple[str, ...]
    needs: tuple[str, ...] = ()
    heartbeat: float = 5.0
    files: tuple[Path, ...] = ()

    @property
    def missing(self) -> str:
        """The programs and files that are missing here, with commas. Empty if the worker can run."""
        programs = [program for program in self.needs if which(program) is None]
        return ", ".join([*programs, *(str(file) for file in self.files if not file.exists())])


EXAMPLE_WORKERS = (
    WorkerCommand("python", (sys.executable, str(EXAMPLES / "worker.py"))),
    WorkerCommand("httpx", (sys.executable, str(EXAMPLES / "worker_httpx.py"))),
    WorkerCommand("node", ("node", str(EXAMPLES / "worker.js")), ("node",)),
    WorkerCommand("shell", ("bash", str(EXAMPLES / "worker.sh")), ("bash", "curl", "jq")),
)

STYLES = {
    "one-by-one": "--page 1 --read first",
    "gives-back": "--daemon --page 10 --give-back",
    "sevens": "--page 7 --paging offset --requeue",
    "daemon": "--daemon --page 100 --requeue",
    "threads": "--threads 8 --page 100 --look canceled",
    "threads-all": "--threads 8 --page 1000 --read all --by callback",
    "callback": "--by callback --page 20 --paging offset --read first --requeue",
    "callback-daemon": "--daemon --by callback --threads 4 --page 7",
    "bulk": "--by bulk --page 1000 --read all --threads 4 --requeue",
    "bulk-daemon": "--daemon --by bulk --page 50 --paging offset",
    "never-looks": "--look never --page 1000 --read all --threads 8",
    "hasty": "--hasty --chatty --read first --page 5",
    "chatty-callback": "--chatty --by callback --daemon --threads 2",
}
STYLED_WORKERS = tuple(
    WorkerCommand(
        name, (sys.executable, str(Path(__file__).with_name("careful.py")), *style.split()), heartbeat=2.0
    )
    for name, style in STYLES.items()
)
_KILLED_AND_RESTARTED = 'timeout --signal=KILL 0.7 "$@"; exec "$@"'
OTHER_WORKERS = (
    WorkerCommand("pipeline", (sys.executable, str(Path(__file__).with_name("pipeline.py"))), heartbeat=2.5),
    WorkerCommand(
        "killed-and-restarted",
        ("bash", "-c", _KILLED_AND_RESTARTED, "bash", *STYLED_WORKERS[0].words),
        ("bash", "timeout"),
        heartbeat=2.0,
    ),
)
CAREFUL_WORKERS = EXAMPLE_WORKERS + STYLED_WORKERS + OTHER_WORKERS
