"""The check of links finds files and headings that do not exist."""

from __future__ import annotations

from pathlib import Path

import pytest

from docs.checks.links import broken_links


@pytest.mark.parametrize(
    ("link", "reason"),
    [
        ("other.md", None),
        ("other.md#two-words", None),
        ("#a-page", None),
        ("https://example.com/missing.md", None),
        ("missing.md", "1: the link 'missing.md' leads nowhere: there is no such file"),
        (
            "other.md#three",
            "1: the link 'other.md#three' leads nowhere: no heading of the page has this name",
        ),
        ("#other", "1: the link '#other' leads nowhere: no heading of the page has this name"),
    ],
)
def test_a_link_that_leads_nowhere_is_found(tmp_path: Path, link: str, reason: str | None) -> None:
    path = tmp_path / "page.md"
    path.write_text(f"[`a` word]({link})\n\n# A page\n\n`[code](missing.md)`\n", encoding="utf-8")
    (tmp_path / "other.md").write_text("## Two words\n", encoding="utf-8")
    found = [str(finding).removeprefix(f"{path}:") for finding in broken_links(path)]
    assert found == ([reason] if reason else [])
