"""The value of the silence `callback-body`."""

from __future__ import annotations

from typing import Any

import pytest

from workerkit.contracts.scripted.bodies import observe_callback_body
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.formats.strict_json import render


@pytest.mark.parametrize(
    ("answer", "value"),
    [
        ({"success": True}, "success-only"),
        ({"success": True, "data": {"updated": True}}, "updated"),
        ({"success": True, "data": {"updated": True, "link_id": "x"}}, "like-update"),
        ({"success": True, "message": "done"}, None),
        ({"success": True, "data": {"id": "x"}}, None),
        ({"ok": True}, None),
        (7, None),
    ],
)
def test_only_the_three_known_answers_are_a_value(answer: Any, value: str | None) -> None:
    start = (1, "updateLink", None, "POST", "/api/v1/worker/callback/link/update", "", (), b"{}")
    observation = observe_callback_body(Exchange(*start, 200, (), render(answer), 0.0, 0.0))
    assert observation.value == value
    assert value or observation.why
