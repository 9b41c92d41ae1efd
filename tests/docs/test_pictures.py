"""The pictures of the documentation: small, and shown. docs.checks looks at the words that describe them."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

import pytest

ROOT = Path(__file__).parents[2]
PICTURES = sorted(path for path in (ROOT / "docs/pictures").iterdir() if path.suffix in (".webp", ".svg"))
SHOWN = re.compile(r"!\[[^\]]*\]\(([^)]+)\)")


def shown_pictures() -> set[Path]:
    """Each file that a document shows."""
    documents = [*ROOT.glob("README*.md"), *(ROOT / "docs").rglob("*.md")]
    return {
        (document.parent / unquote(target)).resolve()
        for document in documents
        for target in SHOWN.findall(document.read_text("utf-8"))
    }


@pytest.mark.parametrize("picture", PICTURES, ids=lambda path: path.name)
def test_a_picture_is_small_and_loads_nothing(picture: Path) -> None:
    content = picture.read_bytes()
    assert len(content) < 150_000
    assert picture.suffix == ".webp" or b"url(" not in content.replace(b"url(#", b"")


def test_each_picture_is_shown() -> None:
    assert {*PICTURES} == shown_pictures()
