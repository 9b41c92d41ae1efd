"""The man page has all commands and options, and man can read it."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import click
import pytest

from workerkit.cli.command_index import command_index
from workerkit.cli.main import workerkit
from workerkit.cli.setup.man_page import man_page

PAGE = Path(__file__).parents[3] / "docs/workerkit.1"


@pytest.mark.skipif(not PAGE.exists(), reason="the page is in a clone only")
def test_the_page_is_up_to_date() -> None:
    # The texts of options differ a little between versions of click: their order and words do not.
    assert [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith(".SH")] == [
        line for line in man_page(workerkit).splitlines() if line.startswith(".SH")
    ]


def test_the_page_has_every_command_and_option() -> None:
    text = man_page(workerkit).replace("\\-", "-")
    missing = {
        f"{words} {option}"
        for words, entry in command_index().items()
        for option in entry.options
        if f"--{option.replace('_', '-')}" not in text
    }
    assert missing == set()
    assert all(f"WORKERKIT {words.upper()}" in text for words in command_index())


def test_a_line_of_text_is_no_command_of_man() -> None:
    group = click.Group(commands={"one": click.Command("one", help=".TH evil\n\n\b\n'so x\n.so y\n\\n")})
    lines = man_page(group).splitlines()
    assert [line for line in lines if line.startswith((".TH evil", "'so", ".so"))] == []
    assert "\\en" in lines


@pytest.mark.skipif(shutil.which("man") is None, reason="needs man")
def test_man_reads_the_page_without_warnings(tmp_path: Path) -> None:
    (tmp_path / "workerkit.1").write_text(man_page(workerkit), "utf-8")
    words = ["man", "--warnings", "-l", "-Tutf8", str(tmp_path / "workerkit.1")]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert "WORKERKIT EXEC" in re.sub(".\b", "", done.stdout)
    assert done.stderr == ""
