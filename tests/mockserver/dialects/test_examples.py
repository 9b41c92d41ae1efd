"""Checks that each value of each silence has exactly one example in the files of this folder."""

from __future__ import annotations

from tests.mockserver.dialects import (
    test_all_operations,
    test_bodies,
    test_bulk_update_tasks,
    test_heartbeat,
    test_link_callbacks,
    test_list_tasks,
    test_send_logs,
    test_set_status,
    test_update_task,
)
from workerkit.openapi.spec.silence import silences

FILES_WITH_EXAMPLES = (
    test_all_operations,
    test_bodies,
    test_bulk_update_tasks,
    test_heartbeat,
    test_link_callbacks,
    test_list_tasks,
    test_send_logs,
    test_set_status,
    test_update_task,
)


def test_every_value_of_every_silence_has_an_example() -> None:
    found = [example for file in FILES_WITH_EXAMPLES for example in file.EXAMPLES.pairs()]
    expected = [(silence.id, value) for silence in silences().values() for value in silence.values]
    assert sorted(found) == sorted(expected)
