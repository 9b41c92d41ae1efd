"""Each value of each silence has exactly one example in the files of this folder, and each example holds."""

from __future__ import annotations

import pytest

from tests.mockserver.dialects import (
    heartbeat,
    link_callbacks,
    send_logs,
    set_status,
    test_all_operations,
    test_bodies,
    test_bulk_update_tasks,
    test_list_tasks,
    update_task,
)
from tests.mockserver.dialects.dialect_client import OpenClient
from tests.mockserver.dialects.examples import Examples
from workerkit.openapi.spec.silence import silences

FILES = (
    heartbeat,
    link_callbacks,
    send_logs,
    set_status,
    test_all_operations,
    test_bodies,
    test_bulk_update_tasks,
    test_list_tasks,
    update_task,
)
PAIRS = [(silence, value) for file in FILES for silence, value in file.EXAMPLES.pairs()]
EXAMPLES_OF: dict[str, Examples] = {
    silence: file.EXAMPLES for file in FILES for silence in file.EXAMPLES.silences()
}


def test_every_value_of_every_silence_has_an_example() -> None:
    expected = [(silence.id, value) for silence in silences().values() for value in silence.values]
    assert sorted(PAIRS) == sorted(expected)


@pytest.mark.parametrize(("silence", "value"), PAIRS)
def test_a_world_behaves_as_its_dialect_says(open_client: OpenClient, silence: str, value: str) -> None:
    EXAMPLES_OF[silence].check(open_client, silence, value)


@pytest.mark.parametrize(("silence", "value"), PAIRS)
def test_worlds_with_other_values_behave_differently(
    open_client: OpenClient, silence: str, value: str
) -> None:
    EXAMPLES_OF[silence].check_other_values(open_client, silence, value)


@pytest.mark.parametrize("silence", EXAMPLES_OF)
def test_without_a_choice_the_default_value_is_used(open_client: OpenClient, silence: str) -> None:
    EXAMPLES_OF[silence].check_default(open_client, silence)
