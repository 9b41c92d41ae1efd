"""`python -m benchmarks.packages.process_one`: the kit in a namespace of processes, as in the image.

tini is process 1. SIGTERM ends a mock, a run of conform and a run of exec, also while they work. A process
that lost its parent is taken away when it ends. Needs root on Linux, and tini.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import which

import click

from workerkit.mockserver import MockServer

PATIENCE = 120.0
# Process 1 of a container, with a `/proc` that shows only the processes of the container.
NAMESPACE = ("unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "tini", "--")
WORKERKIT = (sys.executable, "-m", "workerkit")
# Leaves a child behind that ends at once. Then says which processes are zombies, until there are none.
ORPHAN = """
import os, pathlib, time
parent = os.fork()
if parent == 0:
    if os.fork() == 0:
        time.sleep(0.2)
    os._exit(0)
os.waitpid(parent, 0)
begin = time.monotonic()
def states():
    files = pathlib.Path("/proc").glob("[0-9]*/stat")
    return [file.read_text().rpartition(")")[2].split()[0] for file in files]
time.sleep(0.4)
while "Z" in states() and time.monotonic() < begin + 60:
    time.sleep(0.05)
print("zombies:", states().count("Z"))
"""


class NotEndedError(Exception):
    """A command did not end as it should. The message says how."""


@click.command()
def main() -> None:
    """Prints a line for each check. The exit code is 1 if one of them fails."""
    if os.geteuid() != 0 or which("tini") is None or which("unshare") is None:
        click.echo("left out: this needs root, unshare and tini")
        return
    try:
        _check_orphan()
        with tempfile.TemporaryDirectory() as folder, MockServer() as mock, mock.new_world() as world:
            _check_all(Path(folder), world.base_url, world.api_key)
    except NotEndedError as error:
        sys.exit(str(error))


def _check_all(folder: Path, base_url: str, api_key: str) -> None:
    ready, begun = folder / "ready.json", folder / "begun"
    serve = ("serve", "--port", "0", "--ready-file", str(ready))
    _check_end("serve", serve, {}, ready.exists, 0)
    sleep = f"import pathlib, time; pathlib.Path({str(begun)!r}).touch(); time.sleep(600)"
    run_worker = ("--time-limit", "10m", "--", sys.executable, "-c", sleep)
    _check_end("exec", ("exec", "--scenario", "quiet-day", *run_worker), {}, begun.exists, None)
    conform = ("conform", base_url, "--writes", "none", "--rate", "1/m")
    _check_end("conform", conform, {"WORKERKIT_API_KEY": api_key}, None, None)


def _check_orphan() -> None:
    done = subprocess.run([*NAMESPACE, sys.executable, "-c", ORPHAN], capture_output=True, text=True)
    if done.stdout != "zombies: 0\n":
        raise NotEndedError(f"a process without a parent stayed: {done.stdout}{done.stderr}")
    click.echo("a process that lost its parent is taken away")


def _check_end(
    name: str,
    words: tuple[str, ...],
    variables: dict[str, str],
    is_working: Callable[[], bool] | None,
    code: int | None,
) -> None:
    """Sends SIGTERM to process 1 while the command works. Raises NotEndedError if it does not end well.

    code: the exit code that the command must have; None for any.
    """
    with _started(words, variables) as process:
        _wait(name, process, is_working)
        begin = time.perf_counter()
        os.kill(_process_one(process.pid), signal.SIGTERM)
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            raise NotEndedError(f"{name} goes on after SIGTERM") from None
    if code is not None and process.returncode != code:
        raise NotEndedError(f"{name} ended with {process.returncode}, not with {code}")
    seconds = time.perf_counter() - begin
    click.echo(f"{name} ends at SIGTERM after {seconds:.2f} s, with exit code {process.returncode}")


@contextmanager
def _started(words: tuple[str, ...], variables: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    command = [*NAMESPACE, *WORKERKIT, *words]
    environment = {**os.environ, **variables}
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.kill()


def _wait(name: str, process: subprocess.Popen[bytes], is_working: Callable[[], bool] | None) -> None:
    until = time.monotonic() + (3.0 if is_working is None else PATIENCE)
    while not (is_working is not None and is_working()):
        if process.poll() is not None:
            raise NotEndedError(f"{name} ended too early, with exit code {process.returncode}")
        if time.monotonic() > until:
            if is_working is None:
                return
            raise NotEndedError(f"{name} does not begin to work")
        time.sleep(0.05)


def _process_one(unshare: int) -> int:
    """The process that is process 1 in the namespace that `unshare` made."""
    return int(Path(f"/proc/{unshare}/task/{unshare}/children").read_text().split()[0])


if __name__ == "__main__":
    main()
