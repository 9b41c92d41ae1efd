"""`python -m workerkit` is the same as the command `workerkit`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(sys.executable).with_name("workerkit")


def run(*words: str | Path) -> tuple[int, str, str]:
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=120)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    "words", ["--help", "--version", "scenario list", "scenario show nothing", "no-such-command"]
)
def test_both_commands_do_the_same(words: str) -> None:
    as_module = run(sys.executable, "-m", "workerkit", *words.split())
    assert as_module == run(SCRIPT, *words.split())
    assert as_module[1] or as_module[2]
