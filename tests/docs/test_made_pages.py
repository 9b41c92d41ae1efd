"""The pages that are made from the code are up to date and have everything that the code has."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import pytest

from docs.made_pages.markdown import prose
from docs.made_pages.pages import DOCS, FOLDERS, made_pages
from docs.messages.messages import all_messages
from tests.docs.markdown_page import MarkdownPage
from workerkit.cli.command_index import command_index
from workerkit.contracts.page.rules import RULE_IDS
from workerkit.openapi.spec.silence import silences
from workerkit.scenarios.faults import FAULTS
from workerkit.scenarios.faults.schedule import Schedule
from workerkit.scenarios.fields.record import record_keys
from workerkit.scenarios.rules import RULES

MADE = made_pages()
IN_VIETNAMESE = [path for path in MADE if FOLDERS["vi"] in path.parents]
# The longer texts of the code as the pages write them.
SENTENCES = [prose(str(message.id)) for message in all_messages() if len(str(message.id).split()) > 4]
# Other versions of click word the limits of a number in another way.
PINNED = (DOCS.parent / "constraints.txt").read_text("utf-8").splitlines()
SAME_CLICK = f"click=={version('click')}" in PINNED
IN_BOTH = pytest.mark.parametrize("folder", FOLDERS.values(), ids=FOLDERS)


def parts(page: Path) -> dict[str, str]:
    """The text below each heading of the second and third level."""
    sections = page.read_text("utf-8").replace("\n### ", "\n## ").split("\n## ")[1:]
    return {heading: text for heading, _, text in (section.partition("\n") for section in sections)}


@pytest.mark.parametrize("path", MADE, ids=lambda path: str(path.relative_to(DOCS)))
def test_a_made_page_is_up_to_date(path: Path) -> None:
    if path.name == "commands.md" and not SAME_CLICK:
        pytest.skip("written with another version of click")
    assert path.read_text("utf-8") == MADE[path], "write it again: python -m docs.made_pages"


@pytest.mark.parametrize("path", IN_VIETNAMESE, ids=lambda path: path.stem)
def test_a_made_page_in_vietnamese_has_no_sentence_of_the_code_in_english(path: Path) -> None:
    assert [sentence for sentence in SENTENCES if sentence in MADE[path]] == []


@IN_BOTH
def test_the_pages_have_every_command_and_option(folder: Path) -> None:
    page, settings = (
        parts(folder / "reference/commands.md"),
        (folder / "reference/settings.md").read_text("utf-8"),
    )
    for words, entry in command_index().items():
        text = page[f"workerkit {words}"]
        assert [name for name in entry.options if f"`--{name.replace('_', '-')}" not in text] == []
        missing = [name for name in entry.options if f"`WORKERKIT_{name.upper()}`" not in settings]
        assert " " in words or missing == []


@IN_BOTH
def test_the_page_has_every_fault_and_parameter(folder: Path) -> None:
    page = parts(folder / "reference/faults.md")
    shapes = {**FAULTS, [*page][-1]: Schedule}
    for heading, shape in shapes.items():
        assert [key for key in record_keys(shape) if f"- `{key}` (" not in page[heading]] == []


@IN_BOTH
def test_the_pages_have_every_rule_silence_and_value(folder: Path) -> None:
    assert {*RULES} <= {*parts(folder / "reference/rules.md")}
    page = parts(folder / "reference/silences.md")
    assert [*page] == [*silences()]
    for silence in silences().values():
        assert [value for value in silence.values if f"| `{value}` |" not in page[silence.id]] == []


@IN_BOTH
def test_the_pages_about_mending_have_every_rule_once_and_no_other(folder: Path) -> None:
    pages = [MarkdownPage.read(path) for path in (folder / "how-to/mend").glob("*.md")]
    groups = [page for page in pages if page.path.stem not in ("index", "small-worker")]
    assert sorted(anchor for page in groups for anchor in page.anchors[1:]) == sorted([*RULES, *RULE_IDS])
    index = next(page for page in pages if page.path.stem == "index")
    assert {link.partition("#")[2] for link in index.links} - {""} == {*RULES, *RULE_IDS}
