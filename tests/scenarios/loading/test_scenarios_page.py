"""The documentation of scenario files says what there is, and its examples are sound."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from workerkit.scenarios.fields.record import keys
from workerkit.scenarios.loading.loader import parse
from workerkit.scenarios.model.effects import EFFECTS
from workerkit.scenarios.model.selection import Selection
from workerkit.scenarios.model.trigger import TRIGGERS
from workerkit.scenarios.model.until import Until
from workerkit.scenarios.model.world_plan import AccountPlan, CustomerRequestPlan, ServerPlan, WorldPlan

PAGE = (Path(__file__).parents[3] / "docs" / "scenarios.md").read_text("utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
WORDS = [
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
        for key in keys(shape)
    ),
]


@pytest.mark.parametrize("word", sorted(set(WORDS)))
def test_everything_that_a_file_can_say_is_on_the_page(word: str) -> None:
    assert re.search(rf"(?<![\w-]){word}(?![\w-])", PAGE)


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_examples_are_sound(example: str, by_schema: Callable[[str], bool]) -> None:
    assert parse(example.encode(), name="example.yaml")
    assert by_schema(example)
