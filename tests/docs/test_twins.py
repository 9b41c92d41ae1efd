"""Each page in English has a page in Vietnamese with the same structure, commands and links."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.markdown_page import MarkdownPage

DOCS = Path(__file__).parents[2] / "docs"
VIETNAMESE = DOCS / "vi"
GLOBS = ("*.md", "tutorials/*.md", "how-to/**/*.md", "reference/*.md", "explanation/*.md")
# Pages without a twin, with the reason.
ENGLISH_ONLY = {
    "explanation/adding.md": "for people who change the kit: its code and its comments are in English, too",
}


def pages(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for glob in GLOBS for path in folder.glob(glob)}


def meaning(link: str, page: Path, folder: Path) -> tuple[str, int | None]:
    """Where a link leads, the same for both languages: the file, and the number of the heading."""
    target, _, anchor = link.partition("#")
    file = (page.parent / target).resolve() if target else page
    name = file.relative_to(folder if file.is_relative_to(folder) else DOCS).as_posix()
    return name, MarkdownPage.read(file).anchors.index(anchor) if anchor else None


def compared_blocks(page: MarkdownPage) -> list[tuple[str, ...]]:
    """The blocks of a page without their lines. Lists of pages have captions, which differ."""
    return [
        (block.marker, block.argument, block.language, block.text)
        for block in page.blocks
        if block.language != "{toctree}"
    ]


def test_both_languages_have_the_same_pages() -> None:
    assert pages(DOCS) - ENGLISH_ONLY.keys() == pages(VIETNAMESE)


@pytest.mark.parametrize("name", sorted(pages(DOCS) & pages(VIETNAMESE)))
def test_twins_have_the_same_structure_commands_and_links(name: str) -> None:
    english, vietnamese = MarkdownPage.read(DOCS / name), MarkdownPage.read(VIETNAMESE / name)
    assert vietnamese.levels == english.levels
    assert [meaning(link, vietnamese.path, VIETNAMESE) for link in vietnamese.links] == [
        meaning(link, english.path, DOCS) for link in english.links
    ]
    assert vietnamese.table_rows == english.table_rows
    assert vietnamese.indented_lines == english.indented_lines
    assert compared_blocks(vietnamese) == compared_blocks(english)


@pytest.mark.parametrize("name", sorted(pages(VIETNAMESE)))
def test_a_vietnamese_page_is_written_in_vietnamese(name: str) -> None:
    """A page that somebody copied has few letters that only Vietnamese has."""
    prose = MarkdownPage.read(VIETNAMESE / name).text
    assert len(re.findall("[ăâđêôơưạảấầẩậắằặẹẻẽếềểệịỉọỏốồổộớờởợụủứừửựỳỵỷỹ]", prose)) > 50
