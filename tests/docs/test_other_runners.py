"""The page about other test runners has the files of examples/, which tests/ci/test_other_runners.py runs."""

from pathlib import Path

from tests.docs.markdown_page import MarkdownPage

ROOT = Path(__file__).parents[2]
EXAMPLES = {
    path.name: path.read_text("utf-8")
    for path in (ROOT / "examples").glob("*/*")
    if path.suffix in (".mjs", ".go", ".java")
}


def test_the_page_has_each_file_of_the_examples() -> None:
    blocks = MarkdownPage.read(ROOT / "docs/how-to/other-runners.md").blocks
    files = {block.argument: block.text for block in blocks if block.marker == "file"}
    assert {name: files.get(name) for name in EXAMPLES} == EXAMPLES
