"""Documents name files that exist."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.modules import PACKAGE, ROOMS, ROOT

GLOBS = ("*.md", "docs/*.md", "docs/reference/*.md", "docs/explanation/*.md", ".github/**/*.md")
DOCUMENTS = sorted(path for glob in GLOBS for path in ROOT.glob(glob))
FOLDERS = (*ROOMS, str(PACKAGE), "tests", "docs", "benchmarks")
LINK = re.compile(r"\]\((?!https?:)([^)#\s]+)")
PATH = re.compile(rf"`((?:{'|'.join(FOLDERS)})/[\w./-]+)`")


def named_files(document: Path) -> Iterator[Path]:
    """The files that a document links to, and the paths from the root that it shows as code."""
    text = document.read_text("utf-8")
    yield from (document.parent / target for target in LINK.findall(text))
    yield from (ROOT / path for path in PATH.findall(text))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_file_that_a_document_names_exists(document: Path) -> None:
    assert [str(path.relative_to(ROOT)) for path in named_files(document) if not path.exists()] == []


def test_links_and_paths_are_found(tmp_path: Path) -> None:
    document = tmp_path / "a.md"
    document.write_text("[one](b.md#part) [two](https://example.com/c.md) `docs/d.md` `cli/` `word`", "utf-8")
    assert list(named_files(document)) == [tmp_path / "b.md", ROOT / "docs/d.md"]
