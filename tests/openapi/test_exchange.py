from __future__ import annotations

from typing import Any

import pytest

from workerkit.openapi.exchange import Exchange


def exchange(status: int | None = 200, sent: bytes = b"", answered: bytes = b"") -> Exchange:
    return Exchange(
        1, "listTasks", "server-01", "GET", "/tasks", "", (), sent, status, (), answered, 1.0, 2.0
    )


@pytest.mark.parametrize(
    ("status", "accepted"),
    [(199, False), (200, True), (299, True), (300, False), (400, False), (None, False)],
)
def test_only_2xx_is_accepted(status: int | None, accepted: bool) -> None:
    assert exchange(status).accepted is accepted


@pytest.mark.parametrize(
    ("body", "value"), [(b'{"a": 1}', {"a": 1}), (b"", None), (b"{", None), (b"NaN", None)]
)
def test_bodies_are_read_as_json_where_they_are(body: bytes, value: Any) -> None:
    assert exchange(sent=body).request_json() == value
    assert exchange(answered=body).answer_json() == value
