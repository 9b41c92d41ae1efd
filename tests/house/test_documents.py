"""The paths that documents show as code exist. docs.checks looks at links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.modules import PACKAGE, ROOMS, ROOT

GLOBS = ("*.md", "docs/*.md", "docs/reference/*.md", "docs/explanation/*.md", ".github/**/*.md")
DOCUMENTS = sorted(path for glob in GLOBS for path in ROOT.glob(glob))
FOLDERS = (*ROOMS, str(PACKAGE), "tests", "docs", "benchmarks")
PATH = re.compile(rf"`((?:{'|'.join(FOLDERS)})/[\w./-]+)`")


def named_files(document: Path) -> Iterator[Path]:
    """The paths from the root that a document shows as code."""
    yield from (ROOT / path for path in PATH.findall(document.read_text("utf-8")))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_file_that_a_document_names_exists(document: Path) -> None:
    assert [str(path.relative_to(ROOT)) for path in named_files(document) if not path.exists()] == []


def test_paths_are_found(tmp_path: Path) -> None:
    document = tmp_path / "a.md"
    document.write_text("[one](b.md) `docs/d.md` `cli/` `word`", "utf-8")
    assert list(named_files(document)) == [ROOT / "docs/d.md"]
