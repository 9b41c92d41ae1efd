"""What of a capsule may be sent to a server."""

from __future__ import annotations

import json

import pytest

from tests.openapi.masking.test_canaries import exchange
from workerkit.contracts.resend.policy import NotPermittedError, keys_for, permitted
from workerkit.contracts.target.plan import Writes
from workerkit.mockserver.capsules.file.capsule import Capsule, Recorded

BASE = "/api/v1/worker"
TASK = "00000000-0000-4000-8000-000000000001"


def asked(
    method: str, path: str, body: object = None, *, key: str = "k-1", status: int = 200, more: str = ""
) -> Recorded:
    headers = [("x-api-key", key), *([(more, "PUT")] if more else [])]
    data = b"" if body is None else json.dumps(body).encode()
    headers += [("content-type", "application/json")] if data else []
    return Recorded(
        exchange(
            method=method,
            path=BASE + path,
            query="",
            request_headers=tuple(headers),
            request_body=data,
            status=status,
        )
    )


def capsule(*recorded: Recorded) -> Capsule:
    return Capsule(0.0, recorded)


@pytest.mark.parametrize(
    "write",
    [
        asked("PUT", f"/tasks/{TASK}", {"status": "running"}),
        asked("PUT", "/tasks/bulk", {"items": []}),
        asked("POST", "/health", {}),
        asked("POST", "/logs", {"logs": [{"level": "INFO", "message": "hi"}]}),
        asked("POST", "/callback/link/complete", {"link_id": TASK}),
        asked("POST", "/tasks"),
        asked("GET", "/tasks", {"status": "failed"}),
        asked("GET", "/../admin"),
    ],
)
def test_whatever_could_change_something_is_refused_unless_it_is_allowed(write: Recorded) -> None:
    whole = capsule(asked("GET", "/tasks"), write)
    with pytest.raises(NotPermittedError, match=r"1 of its 2 requests .* nothing was sent.* --writes all"):
        permitted(whole, Writes.NONE)
    assert permitted(whole, Writes.ALL) == whole


def test_lists_leave_without_headers_that_could_make_them_something_else() -> None:
    (sent,) = permitted(capsule(asked("GET", "/tasks", more="x-http-method-override")), Writes.NONE).recorded
    assert sent.exchange.request_headers == (("x-api-key", "k-1"),)


def test_a_key_takes_the_place_of_the_one_that_was_let_in() -> None:
    whole = capsule(asked("GET", "/tasks", key="wrong", status=401), asked("GET", "/tasks", key="right"))
    assert keys_for(whole, ("mine",)) == {"right": "mine"}
    assert keys_for(whole, ("mine", "other")) == {"right": "mine"}


def test_a_key_takes_the_place_of_one_that_was_refused_where_there_is_no_other() -> None:
    whole = capsule(asked("GET", "/tasks", key="wrong", status=401))
    assert keys_for(whole, ("mine",)) == {"wrong": "mine"}
    assert keys_for(whole, ()) == {}


@pytest.mark.parametrize(
    ("given", "message"), [((), "with 2 that.* give --api-key KEY"), (("mine",), "give --other-api-key KEY")]
)
def test_a_key_that_is_missing_is_asked_for(given: tuple[str, ...], message: str) -> None:
    whole = capsule(asked("GET", "/tasks", key="one"), asked("GET", "/tasks", key="two"))
    with pytest.raises(NotPermittedError, match=message):
        keys_for(whole, given)
