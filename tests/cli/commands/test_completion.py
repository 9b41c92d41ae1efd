"""`workerkit completion`: real shells complete commands, options and names."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete

from tests.cli.conftest import Run
from workerkit.cli.main import workerkit

# Each prints what the shell offers for the words of a command line.
BASH = """
eval "$(workerkit completion bash)"
COMP_WORDS=({words}) COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
_workerkit_completion workerkit
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
ZSH = """
compdef() {{ : }}
eval "$(workerkit completion zsh)"
words=({words}) CURRENT=${{#words}}
compadd() {{ print -l -- $completions }}
_describe() {{ print -l -- ${{(P)3}} }}
_workerkit_completion
"""
FISH = """
workerkit completion fish | source
complete --do-complete "{words}"
"""
SHELLS = {"bash": BASH, "zsh": ZSH, "fish": FISH}


@pytest.mark.parametrize("shell", SHELLS)
def test_a_shell_completes(shell: str, script: str, tmp_path: Path) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"needs {shell}")
    path = f"{Path(script).parent}{os.pathsep}{os.environ['PATH']}"
    options = [] if shell == "fish" else ["--norc"] if shell == "bash" else ["-f"]
    done = subprocess.run(
        [shell, *options, "-c", SHELLS[shell].format(words="workerkit scenario show key-rev")],
        env={**os.environ, "PATH": path, "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    offered = [line.split("\t")[0].split(":")[0] for line in done.stdout.splitlines()]
    assert "key-revoked" in offered, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["sil"], "silences"),
        (["exec", "--scen"], "--scenario"),
        (["exec", "--scenario", "key-rev"], "key-revoked"),
        (["exec", "--scenario", "al"], "all"),
        (["serve", "--scenario", "key-rev"], "key-revoked"),
        (["scenario", "show", "key-rev"], "key-revoked"),
        (["hunt", "--rule", "pause-on-4"], "pause-on-401"),
        (["silences", "time-p"], "time-precision"),
    ],
)
def test_names_are_offered(words: list[str], expected: str) -> None:
    shell = ShellComplete(workerkit, {}, "workerkit", "_WORKERKIT_COMPLETE")
    assert expected in [item.value for item in shell.get_completions(words[:-1], words[-1])]


def test_an_unknown_shell_is_exit_2(run: Run) -> None:
    code, _, errors = run("completion", "csh")
    assert (code, "csh" in errors) == (2, True)
