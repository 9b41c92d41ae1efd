"""The pictures of the documentation: small, shown, and described in words."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

import pytest

ROOT = Path(__file__).parents[2]
PICTURES = sorted(path for path in (ROOT / "docs/pictures").iterdir() if path.suffix in (".webp", ".svg"))
SHOWN = re.compile(r"!\[([^\]]*)\]\(([^)]+)\)")


def shown_pictures() -> dict[Path, list[str]]:
    """The alternative texts of each file that a document shows."""
    shown: dict[Path, list[str]] = {}
    for document in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]:
        for text, target in SHOWN.findall(document.read_text("utf-8")):
            shown.setdefault((document.parent / unquote(target)).resolve(), []).append(text)
    return shown


@pytest.mark.parametrize("picture", PICTURES, ids=lambda path: path.name)
def test_a_picture_is_small_and_loads_nothing(picture: Path) -> None:
    content = picture.read_bytes()
    assert len(content) < 150_000
    assert picture.suffix == ".webp" or b"url(" not in content.replace(b"url(#", b"")


def test_each_picture_is_shown_with_words_that_say_what_it_shows() -> None:
    shown = shown_pictures()
    assert {*PICTURES} == {*shown}
    assert all(len(text.split()) >= 8 for texts in shown.values() for text in texts)
