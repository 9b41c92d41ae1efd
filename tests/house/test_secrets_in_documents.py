"""The documents never put a token or a key on a command line: all users of a machine can see it there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
FENCE = re.compile(r"^ *```.*?^ *```$", re.MULTILINE | re.DOTALL)
# A line of code that runs a command with a secret as one of its words, or as a part of a header.
SECRET = re.compile(
    r"^ {4,}.*(?:--(?:control-token|(?:other-|inactive-)?api-key)[ =]|Authorization: Bearer [\"$'<])",
    re.MULTILINE,
)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: str(document.relative_to(ROOT)))
def test_no_command_of_a_document_contains_a_secret(document: Path) -> None:
    assert secrets(document.read_text("utf-8")) == []


def secrets(text: str) -> list[str]:
    """The lines of code with a secret, in indented lines and in fenced blocks."""
    return SECRET.findall(FENCE.sub(lambda fence: fence[0].replace("\n", "\n    "), text))


def test_a_secret_is_found_in_each_kind_of_code() -> None:
    line = "workerkit conform --api-key secret"
    assert secrets(f"Say\n\n    {line}\n") != []
    assert secrets(f"```sh\n{line}\n```\n") != []
    assert secrets(f"The option `{line}`\n{line}\n") == []
