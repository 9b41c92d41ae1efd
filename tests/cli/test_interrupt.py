"""Ctrl-C at any moment: exit code 130, and no traceback."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

# Sends SIGINT to itself when a module is imported, or when the process is about to end.
INTERRUPTED = """
import atexit, os, signal, sys
moment = sys.argv.pop(1)

def interrupt():
    os.kill(os.getpid(), signal.SIGINT)

class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == moment:
            interrupt()

sys.meta_path.insert(0, Finder())
if moment == "end":
    atexit.register(interrupt)
from workerkit.__main__ import main
sys.argv[0] = "workerkit"
main()
"""


def ended(moment: str, *words: str) -> tuple[int, str]:
    """Interrupts a command at a moment. Returns its exit code and its error output."""
    python = [sys.executable, "-c", INTERRUPTED, moment, *words]
    done = subprocess.run(python, capture_output=True, text=True, check=False, timeout=120)
    return done.returncode, done.stderr.strip()


@pytest.mark.parametrize(
    "module",
    [
        "click",
        "workerkit.cli.commands.exec",
        "workerkit.mockserver.trials.trial_report",
    ],
)
def test_while_the_command_is_imported(project: Path, module: str) -> None:
    assert ended(module, "exec", "--scenario", "quiet-day", "--", "true") == (130, "")


def test_when_the_command_has_ended(project: Path) -> None:
    assert ended("end", "scenario", "list") == (130, "")


def test_a_command_that_ignores_the_signal_from_the_start_is_not_interrupted(project: Path) -> None:
    ignoring = f"import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\n{INTERRUPTED}"
    python = [sys.executable, "-c", ignoring, "end", "scenario", "list"]
    done = subprocess.run(python, capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
