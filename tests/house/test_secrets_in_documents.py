"""The documents never put a token or a key on a command line: all users of a machine can see it there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
# An indented line that runs a command with a secret as one of its words, or as a part of a header.
SECRET = re.compile(
    r"^ {4,}.*(?:--(?:control-token|(?:other-|inactive-)?api-key)[ =]|Authorization: Bearer [\"$'<])",
    re.MULTILINE,
)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: str(document.relative_to(ROOT)))
def test_no_command_of_a_document_contains_a_secret(document: Path) -> None:
    assert SECRET.findall(document.read_text("utf-8")) == []
