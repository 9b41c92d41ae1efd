from __future__ import annotations

from pathlib import Path

from workerkit.scenarios.rules import RULES
from workerkit.scenarios.rules.catalogue import catalogue

PAGE = Path(__file__).parents[3] / "docs/reference/rules.md"


def test_the_page_of_rules_is_in_step_with_the_rules() -> None:
    remedy = "write it again: python -m workerkit.scenarios.rules.catalogue > docs/reference/rules.md"
    assert PAGE.read_text("utf-8") == catalogue(), remedy


def test_every_rule_and_every_parameter_is_on_the_page() -> None:
    page = catalogue()
    assert page.count("\n### ") == len(RULES)
    assert "### pause-on-401\n" in page
    assert "\nParameter `attempts`: 15.\n" in page
    assert "\nParameter `patience`: 15s.\n" in page
