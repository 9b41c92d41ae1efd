"""The check of pictures finds those that do not say what they show."""

from __future__ import annotations

from pathlib import Path

import pytest

from docs.checks.pictures import wordless_pictures

WORDS = "A list of tasks with the states of all"


@pytest.mark.parametrize(
    ("picture", "found"),
    [
        (f"![{WORDS}](a.webp)", 0),
        (f'<img src="a.webp" alt="{WORDS}">', 0),
        ("![](a.webp)", 1),
        ("![A list of tasks](a.webp)", 1),
        ('<img src="a.webp">', 1),
        ('<img src="a.webp" alt="">', 1),
        ("`![](a.webp)`", 0),
    ],
)
def test_a_picture_without_words_is_found(tmp_path: Path, picture: str, found: int) -> None:
    path = tmp_path / "page.md"
    path.write_text(f"Text\n{picture}\n", encoding="utf-8")
    assert [finding.line for finding in wordless_pictures(path)] == [2] * found
