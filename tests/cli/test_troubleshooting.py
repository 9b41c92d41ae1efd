"""The page of troubleshooting quotes what the kit says today, and messages name pages that exist."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.docs.markdown_page import Block, MarkdownPage
from workerkit.cli.commands.docs.pages import page_names

Run = Callable[..., tuple[int, str, str]]
ROOT = Path(__file__).parents[2]
ROOMS = ("openapi", "scenarios", "mockserver", "contracts", "cli")
PAGE = MarkdownPage.read(ROOT / "docs/troubleshooting.md")
GAP = "[...]"
POINTER = "More: workerkit docs"


def blocks(marker: str) -> list[Block]:
    return [block for block in PAGE.blocks if block.marker == marker]


def lines(marker: str) -> list[str]:
    return [line for block in blocks(marker) for line in block.text.splitlines()]


def has_message(text: str, message: str) -> bool:
    """Whether a text has all parts of a message between its gaps, in their order."""
    place = 0
    for part in message.split(GAP):
        place = text.find(part, place)
        if place < 0:
            return False
        place += len(part)
    return True


@cache
def sources() -> tuple[str, ...]:
    return tuple(path.read_text("utf-8") for room in ROOMS for path in (ROOT / room).rglob("*.py"))


@cache
def texts_of(source: str) -> tuple[str, ...]:
    """All texts in a source, with a gap for each value that is put into a text."""
    return tuple(text for node in ast.walk(ast.parse(source)) for text in _text(node))


def _text(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr(values=parts):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else GAP for part in parts)


def is_in_code(message: str) -> bool:
    # Only sources with the longest words of the message are worth parsing.
    words = sorted(re.findall(r"\w+", message), key=len)[-4:]
    found = (source for source in sources() if all(word in source for word in words))
    return any(has_message(text, message) for source in found for text in texts_of(source))


@pytest.mark.parametrize("block", blocks("says"), ids=lambda block: block.argument)
def test_workerkit_says_what_the_page_quotes(run: Run, project: Path, block: Block) -> None:
    for file in blocks("file"):
        (project / file.argument).write_text(file.text)
    if "pyproject.toml" not in block.text:
        (project / "pyproject.toml").unlink()
    code, output, errors = run(*shlex.split(block.argument))
    assert code in (2, 3)
    assert [line for line in block.text.splitlines() if not has_message(output + errors, line)] == [], errors


def test_the_code_has_each_message_that_the_page_quotes() -> None:
    assert [line for line in lines("source") if not is_in_code(line)] == []


def test_a_message_that_the_code_does_not_have_is_found() -> None:
    assert is_in_code(f"{GAP} cannot use {GAP}, which is made differently.")
    assert not is_in_code(f"{GAP} cannot use {GAP}, which is made in another way.")


def test_each_message_that_names_a_page_is_quoted_and_its_page_exists() -> None:
    """A message that names a page ends with it."""
    pointing = (text for source in sources() if POINTER in source for text in texts_of(source))
    ends = {text[-60:] for text in pointing if re.search(rf"{POINTER} [\w/-]+$", text)}
    assert len(ends) >= 15
    assert {end.rpartition(" ")[2] for end in ends} <= {*page_names()}
    quoted = lines("says") + lines("source")
    assert [
        end for end in ends if not any(has_message(line, end.rpartition(GAP)[2]) for line in quoted)
    ] == []


def test_every_block_of_the_page_is_tested() -> None:
    assert {block.marker for block in PAGE.blocks} == {"file", "says", "source"}
