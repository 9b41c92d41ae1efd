"""Each page in English has a page in Vietnamese with the same structure, commands and links."""

from pathlib import Path

import pytest

from tests.docs.markdown_page import MarkdownPage

DOCS = Path(__file__).parents[2] / "docs"
FOLDERS = ("tutorials", "how-to")


def pages(folder: Path) -> list[str]:
    return sorted(
        str(path.relative_to(folder)) for name in FOLDERS for path in Path(folder, name).glob("*.md")
    )


def test_both_languages_have_the_same_pages() -> None:
    assert pages(DOCS) == pages(DOCS / "vi")


@pytest.mark.parametrize("name", pages(DOCS))
def test_twins_have_the_same_structure_commands_and_links(name: str) -> None:
    english, vietnamese = MarkdownPage.read(DOCS / name), MarkdownPage.read(DOCS / "vi" / name)
    assert vietnamese.levels == english.levels
    assert vietnamese.links == english.links
    without_line = [(block.marker, block.argument, block.language, block.text) for block in english.blocks]
    assert [
        (block.marker, block.argument, block.language, block.text) for block in vietnamese.blocks
    ] == without_line
