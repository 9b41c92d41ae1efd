"""The class WorkerProcesses: a worker's command that is stopped, killed and started again."""

from __future__ import annotations

import signal
import sys
import threading
from pathlib import Path

import pytest

from workerkit.mockserver.workers.command import CommandNotFoundError
from workerkit.mockserver.workers.worker_processes import WorkerProcesses

SHORT, LONG = 0.01, 120.0

# Prints its own number and waits. The number is the count of the lines in a file.
COUNTING = """
import signal, sys, threading
with open(sys.argv[1], "a+") as file:
    file.write("started\\n")
    file.seek(0)
    number = len(file.readlines())
if "patient" in sys.argv:
    signal.signal(signal.SIGTERM, lambda *_: (print("finished", number, flush=True), sys.exit(3)))
if "deaf" in sys.argv:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if str(number) in sys.argv:
    print("exits", number, flush=True)
    sys.exit(number)
print("up", number, flush=True)
while True:
    threading.Event().wait(0.1)
"""


def counting(folder: Path, *how: str) -> list[str]:
    return [sys.executable, "-c", COUNTING, str(folder / "starts"), *how]


def wait_for(processes: WorkerProcesses, text: str) -> None:
    while text not in processes.output():
        processes.wait(SHORT)


def wait_for_exit(processes: WorkerProcesses) -> None:
    while not processes.wait(SHORT):
        pass


def test_a_command_that_exits_is_over(tmp_path: Path) -> None:
    with WorkerProcesses(counting(tmp_path, "1"), {}) as processes:
        wait_for_exit(processes)
        wait_for(processes, "exits 1\n")  # the last output may be read after the exit
        assert (processes.exit_code, processes.output()) == (1, "exits 1\n")


def test_a_stopped_command_may_finish_and_has_no_exit_code(tmp_path: Path) -> None:
    with WorkerProcesses(counting(tmp_path, "patient"), {}) as processes:
        wait_for(processes, "up 1")
        processes.stop()
        wait_for_exit(processes)
        wait_for(processes, "finished 1\n")
        assert (processes.exit_code, processes.output()) == (None, "up 1\nfinished 1\n")


def test_a_command_that_ignores_sigterm_is_killed_after_the_grace_period(tmp_path: Path) -> None:
    with WorkerProcesses(counting(tmp_path, "deaf"), {}, grace=0.1) as processes:
        wait_for(processes, "up 1")
        processes.stop()
        wait_for_exit(processes)


def test_a_command_that_is_stopping_can_be_killed(tmp_path: Path) -> None:
    with WorkerProcesses(counting(tmp_path, "deaf"), {}, grace=LONG) as processes:
        wait_for(processes, "up 1")
        processes.stop()
        processes.kill()
        wait_for_exit(processes)


def test_a_stopped_command_ends_before_it_is_started_again(tmp_path: Path) -> None:
    with WorkerProcesses(counting(tmp_path, "patient", "2"), {}, grace=LONG) as processes:
        wait_for(processes, "up 1")
        processes.stop()
        processes.start()
        assert not processes.have_exited
        wait_for_exit(processes)
        assert processes.exit_code == 2
    # Only now all of the output has been read.
    assert processes.output() == "up 1\nfinished 1\n\n(start 2 of the worker)\nexits 2\n"


def test_two_at_once_are_over_when_both_have_exited(tmp_path: Path) -> None:
    with WorkerProcesses(counting(tmp_path, "2"), {}) as processes:
        wait_for(processes, "up 1")
        processes.start()
        wait_for(processes, "exits 2")
        assert not processes.wait(SHORT)
        processes.kill()
        wait_for_exit(processes)


@pytest.mark.parametrize("first", [signal.SIGTERM, signal.SIGKILL])
def test_a_signal_from_another_thread_reaches_all_that_run(tmp_path: Path, first: signal.Signals) -> None:
    with WorkerProcesses(counting(tmp_path), {}) as processes:
        wait_for(processes, "up 1")
        processes.start()
        wait_for(processes, "up 2")
        signal_all = processes.stop if first == signal.SIGTERM else processes.kill
        thread = threading.Thread(target=signal_all)
        thread.start()
        wait_for_exit(processes)
        thread.join()
        assert processes.exit_code is None


def test_a_command_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(CommandNotFoundError), WorkerProcesses(["no-such-command"], {}):
        pass
