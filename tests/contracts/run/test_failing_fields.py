"""The fields at which an operation always fails, whatever value they have."""

from __future__ import annotations

import json
from typing import Any

import pytest

from workerkit.contracts.run.failing_fields import failing_fields
from workerkit.openapi.exchange import Exchange

PLACE = ("updateLink", "error_message")


def update(answered: int, raw: bytes = b"", **fields: Any) -> Exchange:
    body = raw or json.dumps({"link_id": "00000000-0000-4000-8000-000000000001", **fields}).encode()
    path = "/api/v1/worker/callback/link/update"
    return Exchange(1, "updateLink", None, "POST", path, "", (), body, answered, (), b"{}", 0.0, 0.0)


ACCEPTED = update(200, status="running")
FAILED = update(500, error_message="captcha")


def test_a_field_at_which_a_plain_request_fails_and_none_is_accepted_is_found() -> None:
    refused = update(400, error_message=["captcha"])
    assert failing_fields([ACCEPTED, FAILED, refused, update(200, error_message="")]) == {PLACE}


@pytest.mark.parametrize(
    "exchanges",
    [
        [ACCEPTED, FAILED, update(200, error_message="other")],
        [FAILED],
        [ACCEPTED, update(500, error_message="captcha 🎉")],
        [ACCEPTED, update(500, error_message=["captcha"])],
        [ACCEPTED, update(503, error_message="captcha")],
        [ACCEPTED, update(500, b'{"error_message": ')],
    ],
)
def test_no_other_field_is_found(exchanges: list[Exchange]) -> None:
    assert failing_fields(exchanges) == frozenset()


def test_a_field_of_an_item_is_found() -> None:
    def batch(answered: int, **fields: Any) -> Exchange:
        body = json.dumps({"items": [{"link_id": "00000000-0000-4000-8000-000000000001", **fields}]}).encode()
        path = "/api/v1/worker/tasks/bulk"
        return Exchange(1, "bulkUpdateTasks", None, "PUT", path, "", (), body, answered, (), b"{}", 0.0, 0.0)

    exchanges = [batch(200, status="running"), batch(500, is_indexed=True)]
    assert failing_fields(exchanges) == {("bulkUpdateTasks", "is_indexed")}
