"""Passwords that a list shows masked are noted."""

from __future__ import annotations

import pytest

from workerkit.contracts.relations.masked_passwords import masked_password_notes
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.formats.strict_json import render


def notes(*passwords: object) -> list[str]:
    tasks = [{"id": str(number), "password": password} for number, password in enumerate(passwords)]
    start = (1, "listTasks", None, "GET", "/api/v1/worker/tasks", "", (), b"")
    return list(masked_password_notes([Exchange(*start, 200, (), render({"data": tasks}), 0.0, 0.0)]))


@pytest.mark.parametrize("password", ["***", "••••••", "p***4", "XXXX", "[FILTERED]", "<hidden>"])
def test_passwords_that_are_all_masked_are_noted(password: str) -> None:
    (note,) = notes(*[password] * 10)
    assert note.startswith("in all 10 tasks of a list, the password is masked")


@pytest.mark.parametrize(
    "passwords",
    [
        [],
        ["***"] * 9,
        ["***"] * 10 + ["pw-1"],
        [""] * 10,
        ["pass"] * 10,
        ["0000"] * 10,
        ["mật-khẩu"] * 10,
        [None] * 10,
        [5] * 10,
    ],
)
def test_nothing_else_is_noted(passwords: list[object]) -> None:
    assert notes(*passwords) == []
