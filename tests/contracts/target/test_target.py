"""Targets and plans accept valid values, and say what is wrong with other values."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from workerkit.contracts.target.plan import BadPlanError, Plan, Writes, default_rate
from workerkit.contracts.target.target import BadTargetError, Target

TASK = "6f1e2c1a-3b4d-4e5f-8a6b-7c8d9e0f1a2b"


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8080",
        "http://127.0.0.1:8080/api/v1/worker/tasks",
        "ftp://127.0.0.1/api/v1/worker",
        "/api/v1/worker",
        "http://u:p@host/api/v1/worker",
        "http://host:99999/api/v1/worker",
        "http://host/api/v1/worker?key=1",
    ],
)
def test_an_address_that_is_not_a_base_url_is_refused(url: str) -> None:
    with pytest.raises(BadTargetError):
        Target(url, "key")


def test_the_error_says_which_address_to_give() -> None:
    with pytest.raises(BadTargetError, match=r"give http://127\.0\.0\.1:8080/api/v1/worker"):
        Target("http://127.0.0.1:8080/", "key")


def test_a_slash_at_the_end_of_the_address_is_removed() -> None:
    assert Target("http://host/api/v1/worker/", "key").base_url == "http://host/api/v1/worker"


@pytest.mark.parametrize("key", ["", " key", "k\n", "ключ"])
def test_a_key_that_is_not_valid_in_a_header_is_refused(key: str) -> None:
    with pytest.raises(BadTargetError):
        Target("http://host/api/v1/worker", key)


def test_the_repr_of_a_target_has_no_keys() -> None:
    assert "secret-key" not in repr(Target("http://host/api/v1/worker", "secret-key", "secret-key-2"))


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("localhost", True),
        ("[::1]", True),
        ("LOCALHOST", True),
        ("127.1", True),
        ("10.1", False),
        ("127.0.0.1.nip.io", False),
        ("10.0.0.1", False),
    ],
)
def test_loopback_addresses_are_recognised(host: str, *, loopback: bool) -> None:
    assert Target(f"http://{host}/api/v1/worker", "key").is_loopback is loopback


def test_an_unknown_value_of_writes_is_refused() -> None:
    assert Plan(writes=Writes("none")).writes is Writes.NONE
    with pytest.raises(BadPlanError, match="all, sandbox, none"):
        Plan(writes="some")  # type: ignore[arg-type]


@pytest.mark.parametrize("bound", ["rate", "max_requests", "time_limit", "patience"])
def test_a_limit_of_zero_is_refused(bound: str) -> None:
    with pytest.raises(BadPlanError, match=bound):
        replace(Plan(), **{bound: 0})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ({"writes": Writes.SANDBOX}, "give --sandbox-request NAME or --sandbox-task ID"),
        ({"sandbox_requests": ("Campaign A",)}, "give --writes sandbox"),
        ({"writes": Writes.NONE, "sandbox_tasks": (TASK,)}, "give --writes sandbox"),
        ({"writes": Writes.SANDBOX, "sandbox_tasks": ("17",)}, "'17' is not a task id"),
        ({"writes": Writes.SANDBOX, "sandbox_tasks": (TASK,), "max_requests": 59}, "Give 60 or more"),
    ],
)
def test_an_incomplete_sandbox_is_refused(named: dict[str, Any], message: str) -> None:
    with pytest.raises(BadPlanError, match=message):
        Plan(**named)


def test_the_default_rate_is_low_for_a_remote_target() -> None:
    assert default_rate(Target("http://127.0.0.1/api/v1/worker", "key")) is None
    assert default_rate(Target("http://10.0.0.1/api/v1/worker", "key")) == 10


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"other_api_key": "key"},
            "--other-api-key is the same as --api-key: give the key of another server",
        ),
        ({"inactive_api_key": "key"}, "--inactive-api-key is the same as --api-key"),
        ({"account_id": "17"}, "--account-id '17' is not an account id: give a UUID"),
    ],
)
def test_a_repeated_key_and_a_malformed_account_id_are_refused(given: dict[str, str], message: str) -> None:
    with pytest.raises(BadTargetError, match=message):
        Target("http://127.0.0.1:8080/api/v1/worker", "key", **given)


@pytest.mark.parametrize("key", ["", None])
def test_the_error_about_a_missing_key_names_the_option(key: Any) -> None:
    with pytest.raises(BadTargetError, match=r"give --api-key or set WORKERKIT_API_KEY"):
        Target("http://127.0.0.1:8080/api/v1/worker", key)
