"""The page of exit codes has each code that the command line ends with."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from workerkit.cli.interrupt import INTERRUPTED

ROOT = Path(__file__).parents[2]


def exit_codes() -> Iterator[int]:
    """The numbers in all calls of `sys.exit` in `cli/`."""
    for path in (ROOT / "cli").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "sys.exit":
                numbers = (part for argument in node.args for part in ast.walk(argument))
                values = (part.value for part in numbers if isinstance(part, ast.Constant))
                yield from (value for value in values if isinstance(value, int))


@pytest.mark.parametrize("page", ["docs/reference/exit-codes.md", "docs/vi/reference/exit-codes.md"])
def test_the_page_has_every_exit_code(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    codes = {*exit_codes(), INTERRUPTED}
    assert {0, 1, 2, 3, 128} <= codes
    assert [code for code in codes if f"\n| {code} " not in text] == []
