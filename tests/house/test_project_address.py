"""One place has the address of the project: pyproject.toml. While it is empty, no file names one."""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from hatch_build import ProjectAddress, with_address

ROOT = Path(__file__).parents[2]
ADDRESS = "https://example.com/owner/workerkit"
# Folders that are not in the repository.
MADE = {"build", "dist", "node_modules", "__pycache__"}
TEXTS = {".md", ".py", ".toml", ".yml", ".yaml", ".json", ".js", ".mjs", ".html", ".txt", ""}
# An address on a host that is neither an example nor this machine, with the name of the project in its path.
OWN_ADDRESS = re.compile(
    r"https?://(?!127\.|localhost|[\w.-]*example\b)[\w-]+(?:\.[\w-]+)+/(?:[\w.-]+/)*(?:likepion-)?workerkit\b"
)
# What stands in documents for the address.
PLACEHOLDER = re.compile(r"\bOWNER\b|ADDRESS_OF_WORKERKIT|<!-- no address|<!-- end")
RELATIVE_LINK = re.compile(r"\]\((?![a-z]+:|#)([^)#\s]+)")


def metadata(address: str) -> dict[str, Any]:
    made: dict[str, Any] = {}
    ProjectAddress(str(ROOT), {"address": address}).update(made)
    return made


def own_texts() -> list[Path]:
    """The paths from the root of the texts of the repository."""
    found = []
    for folder, names, files in os.walk(ROOT):
        names[:] = [name for name in names if name not in MADE and (name[0] != "." or name == ".github")]
        found += [Path(folder, name).relative_to(ROOT) for name in files if name[0] != "."]
    return [path for path in found if path.suffix in TEXTS]


def test_without_an_address_links_are_relative_and_the_metadata_names_none() -> None:
    made = metadata("")
    assert made["urls"] == {}
    assert made["readme"]["text"] == (ROOT / "README.md").read_text("utf-8")


@pytest.mark.parametrize("address", [ADDRESS, ADDRESS + "/"])
def test_an_address_is_in_the_metadata_and_in_every_link_to_a_file(address: str) -> None:
    made = metadata(address)
    assert made["urls"]["Issues"] == f"{ADDRESS}/issues"
    text = made["readme"]["text"]
    assert RELATIVE_LINK.findall(text) == []
    for link in RELATIVE_LINK.findall((ROOT / "README.md").read_text("utf-8")):
        assert f"]({ADDRESS}/blob/main/{link}" in text
    assert "](#" in text


# Those for users: README, and the pages of `make docs`.
DOCUMENTS = [path for path in own_texts() if path.suffix == ".md" and path.parts[0] in ("README.md", "docs")]
WITH_PLACEHOLDER = [path for path in DOCUMENTS if PLACEHOLDER.search((ROOT / path).read_text("utf-8"))]


def test_an_address_takes_the_place_of_what_stands_for_it() -> None:
    source = (
        "<!-- no address -->\nOWNER is you.\n<!-- end -->\n\nuses: OWNER/workerkit@1, ADDRESS_OF_WORKERKIT\n"
    )
    assert with_address(source, "") == source
    assert with_address(source, ADDRESS) == f"uses: owner/workerkit@1, {ADDRESS}\n"


@pytest.mark.parametrize("path", WITH_PLACEHOLDER, ids=str)
def test_a_document_says_what_to_write_until_there_is_an_address(path: Path) -> None:
    text = (ROOT / path).read_text("utf-8")
    named = set(re.findall(r"(OWNER)/workerkit|(ADDRESS_OF_WORKERKIT)", text))
    notes = " ".join(re.findall(r"<!-- no address -->\n(.*?)<!-- end -->", text, re.DOTALL))
    note = "Thay `{}` bằng" if "vi" in path.parts else "In place of `{}`, write"
    assert {word for words in named for word in words if word and note.format(word) not in notes} == set()
    assert PLACEHOLDER.findall(with_address(text, ADDRESS)) == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=str)
def test_a_document_has_no_other_word_for_the_address(path: Path) -> None:
    text = (ROOT / path).read_text("utf-8")
    assert re.findall(r"git\+(?!ADDRESS_OF_WORKERKIT).*|(?<![A-Z_])WORKERKIT(?![A-Z_])", text) == []


def test_no_file_names_another_address() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    own = settings["tool"]["hatch"]["metadata"]["hooks"]["custom"]["address"]
    texts = {path: (ROOT / path).read_text("utf-8", "replace") for path in own_texts()}
    found = {str(path): OWN_ADDRESS.findall(text) for path, text in texts.items()}
    assert {
        path: addresses for path, addresses in found.items() if addresses and path != "pyproject.toml"
    } == {}
    assert not own or own.startswith("https://")


def test_an_address_of_the_project_is_recognised() -> None:
    host = "code.test"
    assert OWN_ADDRESS.search(f"see https://{host}/owner/workerkit/issues")
    assert OWN_ADDRESS.search(f"https://{host}/likepion-workerkit")
    assert not OWN_ADDRESS.search(f"{ADDRESS} http://127.0.0.1:1/workerkit https://{host}/other")
