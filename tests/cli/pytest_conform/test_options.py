"""The options of pytest are those of the command."""

from __future__ import annotations

from pathlib import Path

import pytest

from workerkit.cli.pytest_conform.options import options_text, with_pytest_names
from workerkit.mockserver.pytest_plugin import plugin

FILE = Path(plugin.__file__).with_name("conform_options.json")


def test_the_file_is_up_to_date() -> None:
    """To write it again: see `cli/pytest_conform/options.py`."""
    assert FILE.read_text("utf-8") == options_text()


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("give --api-key or --other-api-key", "give --conform-api-key or --conform-other-api-key"),
        ("Invalid value for '--rate'", "Invalid value for '--conform-rate'"),
        ("see --html, --rated and --conform-rate", "see --html, --rated and --conform-rate"),
    ],
)
def test_a_text_names_the_options_of_pytest(text: str, names: str) -> None:
    assert with_pytest_names(text) == names
