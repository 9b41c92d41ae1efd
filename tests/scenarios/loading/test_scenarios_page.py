"""The page of scenario files names every key of them, in both languages, and its examples are valid."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from workerkit.scenarios.fields.record import record_keys
from workerkit.scenarios.loading.loader import parse
from workerkit.scenarios.model.effects import EFFECTS
from workerkit.scenarios.model.selection import Selection
from workerkit.scenarios.model.trigger import TRIGGERS
from workerkit.scenarios.model.until import Until
from workerkit.scenarios.model.world_plan import AccountPlan, CustomerRequestPlan, ServerPlan, WorldPlan

DOCS = Path(__file__).parents[3] / "docs"
PAGES = {
    language: (folder / "reference/scenarios.md").read_text("utf-8")
    for language, folder in {"en": DOCS, "vi": DOCS / "vi"}.items()
}
EXAMPLES = re.findall(r"```yaml\n(.*?)```", PAGES["en"], re.DOTALL)
KEYS = [
    *TRIGGERS,
    *EFFECTS,
    *(
        key
        for shape in (
            WorldPlan,
            ServerPlan,
            CustomerRequestPlan,
            AccountPlan,
            Selection,
            Until,
            *TRIGGERS.values(),
        )
        for key in record_keys(shape)
    ),
]


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_the_page_has_every_key(page: str) -> None:
    assert [key for key in set(KEYS) if not re.search(rf"(?<![\w-]){key}(?![\w-])", page)] == []


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_examples_are_valid(example: str, is_valid_by_schema: Callable[[str], bool]) -> None:
    assert parse(example.encode(), name="example.yaml")
    assert is_valid_by_schema(example)
