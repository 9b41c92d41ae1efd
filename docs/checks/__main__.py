"""Checks all documents of the repository. Exit code 1 if something has to be mended.

python -m docs.checks
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from docs.checks.finding import Finding
from docs.checks.links import broken_links
from docs.checks.pictures import wordless_pictures
from docs.checks.spelling import Dictionary, unknown_words

_FOLDERS = ("docs", ".github", "benchmarks", "examples", "tests")


def main() -> None:
    """Prints each finding on standard error."""
    findings = _findings(Path())
    sys.exit("\n".join(map(str, findings)) or 0)


def _findings(root: Path) -> Iterator[Finding]:
    dictionary = Dictionary.ours()
    for path in _documents(root):
        yield from broken_links(path)
        yield from wordless_pictures(path)
        if _is_for_readers_of_english(path.relative_to(root)):
            yield from unknown_words(path, dictionary)


def _documents(root: Path) -> Iterator[Path]:
    """README and the other files at the root, and all Markdown files of the folders that people write.

    The introductions of made pages are parts: their links hold only in the pages.
    """
    yield from sorted(root.glob("*.md"))
    for folder in _FOLDERS:
        documents = sorted(root.joinpath(folder).rglob("*.md"))
        yield from (path for path in documents if "introductions" not in path.parts)


def _is_for_readers_of_english(path: Path) -> bool:
    """False for documents in Vietnamese, and for notes of benchmarks and tests."""
    is_vietnamese = "vi" in path.parts or path.name.endswith(".vi.md")
    return not is_vietnamese and path.parts[0] not in ("benchmarks", "examples", "tests")


if __name__ == "__main__":
    main()
