"""The page about fears has a place for each scenario of the library, in both languages."""

import re
from pathlib import Path

import pytest

from workerkit.scenarios.library import library

DOCS = Path(__file__).parents[2] / "docs"
ROW = re.compile(r"^\| .* \| (`.*`) \|$", re.M)


@pytest.mark.parametrize("folder", [DOCS, DOCS / "vi"], ids=["en", "vi"])
def test_each_scenario_stands_beside_one_fear(folder: Path) -> None:
    text = (folder / "how-to/choose-scenarios.md").read_text("utf-8")
    names = [name for cell in ROW.findall(text) for name in re.findall(r"`([^`]+)`", cell)]
    assert sorted(names) == sorted(library.names())


def test_each_fear_has_the_same_scenarios_in_both_languages() -> None:
    english, vietnamese = (
        ROW.findall((folder / "how-to/choose-scenarios.md").read_text("utf-8"))
        for folder in (DOCS, DOCS / "vi")
    )
    assert english == vietnamese
