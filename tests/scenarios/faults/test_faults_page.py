"""docs/reference/mock.md lists every fault with its parameters, and every key of a schedule."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from workerkit.scenarios.faults import FAULTS
from workerkit.scenarios.faults.schedule import Schedule
from workerkit.scenarios.fields.record import record_keys

PAGE = (Path(__file__).parents[3] / "docs/reference/mock.md").read_text("utf-8")
FAULTS_PART = PAGE.partition("## Faults")[2]
ROWS = {row.split("`")[1]: row for row in FAULTS_PART.splitlines() if row.startswith("| `")}


def words_in_code(row: str) -> set[str]:
    """The words between backquotes."""
    return set(re.findall(r"`([^`]+)`", row))


@pytest.mark.parametrize("kind", FAULTS)
def test_the_page_has_the_fault_and_its_parameters(kind: str) -> None:
    parameters = ROWS[kind].split("|")[3]
    assert words_in_code(parameters) == set(record_keys(FAULTS[kind]))


def test_the_page_has_every_key_of_a_schedule() -> None:
    rows = FAULTS_PART.partition("| key |")[2].splitlines()
    cells = [row.split("|")[1] for row in rows if row.startswith("| `")]
    assert words_in_code(" ".join(cells)) == set(record_keys(Schedule))
