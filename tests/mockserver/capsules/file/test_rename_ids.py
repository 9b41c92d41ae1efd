"""Ids are replaced in capsules."""

from __future__ import annotations

import re
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.mockserver.capsules.file.test_reader import capsule, recorded
from workerkit.mockserver.capsules.file.rename_ids import with_new_ids
from workerkit.mockserver.capsules.file.writer import capsule_text
from workerkit.openapi.formats.strict_json import render

UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@settings(max_examples=40, deadline=None)
@given(ids=st.lists(st.uuids().map(str), min_size=1, max_size=6), seed=st.integers(0, 99))
def test_new_ids_are_equal_and_sorted_like_the_old_ids(ids: list[str], seed: int) -> None:
    body = render({"data": [{"id": task_id} for task_id in ids]})
    original = capsule(
        recorded(path=f"/api/v1/worker/tasks/{ids[0]}", answer_body=body, query=f"after={ids[-1]}")
    )
    text = capsule_text(with_new_ids(original, Random(seed)))
    old, new = UUID.findall(capsule_text(original)), UUID.findall(text)
    assert not set(old) & set(new)
    assert [[(a == b, a < b) for a in new] for b in new] == [[(a == b, a < b) for a in old] for b in old]
