"""Each page in English has a page in Vietnamese with the same structure, commands and links."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.markdown_page import MarkdownPage

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
VIETNAMESE = DOCS / "vi"
GLOBS = ("*.md", "tutorials/*.md", "how-to/**/*.md", "reference/*.md", "explanation/*.md")
# Pages without a twin, with the reason.
ENGLISH_ONLY = {
    "explanation/adding.md": "for people who change the kit: its code and its comments are in English, too",
}


def pages(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for glob in GLOBS for path in folder.glob(glob)}


def twins() -> dict[str, tuple[Path, Path]]:
    """The page in English and the page in Vietnamese of each name."""
    both = pages(DOCS) & pages(VIETNAMESE)
    return {
        "README.md": (ROOT / "README.md", ROOT / "README.vi.md"),
        **{name: (DOCS / name, VIETNAMESE / name) for name in sorted(both)},
    }


def meaning(link: str, page: Path) -> tuple[str, int | None]:
    """Where a link leads, the same for both languages: the file, and the number of the heading."""
    target, _, anchor = link.partition("#")
    file = (page.parent / target).resolve() if target else page
    folder = next(folder for folder in (VIETNAMESE, DOCS, ROOT) if file.is_relative_to(folder))
    name = file.relative_to(folder).as_posix().replace(".vi.md", ".md")
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


@pytest.mark.parametrize("paths", twins().values(), ids=twins())
def test_twins_have_the_same_structure_commands_and_links(paths: tuple[Path, Path]) -> None:
    english, vietnamese = map(MarkdownPage.read, paths)
    assert vietnamese.levels == english.levels
    assert [meaning(link, vietnamese.path) for link in vietnamese.links] == [
        meaning(link, english.path) for link in english.links
    ]
    assert vietnamese.table_rows == english.table_rows
    assert vietnamese.indented_lines == english.indented_lines
    assert compared_blocks(vietnamese) == compared_blocks(english)


@pytest.mark.parametrize("path", [vietnamese for _, vietnamese in twins().values()], ids=twins())
def test_a_vietnamese_page_is_written_in_vietnamese(path: Path) -> None:
    """A page that somebody copied has few letters that only Vietnamese has."""
    prose = MarkdownPage.read(path).text
    assert len(re.findall("[ăâđêôơưạảấầẩậắằặẹẻẽếềểệịỉọỏốồổộớờởợụủứừửựỳỵỷỹ]", prose)) > 50
