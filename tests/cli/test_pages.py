"""The documentation pages name every option of a command."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from workerkit.cli.main import workerkit

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("name", "page"),
    [
        ("exec", "docs/reference/exec.md"),
        ("hunt", "docs/reference/hunt.md"),
        ("conform", "docs/reference/conform.md"),
        ("serve", "docs/reference/mock.md"),
        ("health", "docs/how-to/containers.md"),
    ],
)
def test_every_option_of_a_command_stands_on_its_page(name: str, page: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    command = workerkit.get_command(click.Context(workerkit), name)
    assert command is not None
    options = {param.opts[0] for param in command.params if isinstance(param, click.Option)}
    assert {option for option in options if f"`{option}" not in text} == set()
