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
def test_an_address_that_is_no_base_url_is_refused(url: str) -> None:
    with pytest.raises(BadTargetError):
        Target(url, "key")


def test_the_refusal_says_what_to_give_instead() -> None:
    with pytest.raises(BadTargetError, match=r"give http://127\.0\.0\.1:8080/api/v1/worker"):
        Target("http://127.0.0.1:8080/", "key")


def test_a_slash_at_the_end_is_no_matter() -> None:
    assert Target("http://host/api/v1/worker/", "key").base_url == "http://host/api/v1/worker"


@pytest.mark.parametrize("key", ["", " key", "k\n", "ключ"])
def test_a_key_that_no_header_can_carry_is_refused(key: str) -> None:
    with pytest.raises(BadTargetError):
        Target("http://host/api/v1/worker", key)


def test_keys_are_not_in_the_text_of_a_target() -> None:
    assert "secret-key" not in repr(Target("http://host/api/v1/worker", "secret-key", "secret-key-2"))


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("localhost", True),
        ("[::1]", True),
        ("127.0.0.1.nip.io", False),
        ("10.0.0.1", False),
    ],
)
def test_loopback_is_told_from_other_addresses(host: str, *, loopback: bool) -> None:
    assert Target(f"http://{host}/api/v1/worker", "key").is_loopback is loopback


def test_a_plan_takes_the_writes_mode_by_name_and_refuses_others() -> None:
    assert Plan(writes=Writes("none")).writes is Writes.NONE
    with pytest.raises(BadPlanError, match="all, sandbox, none"):
        Plan(writes="some")  # type: ignore[arg-type]


@pytest.mark.parametrize("bound", ["rate", "max_requests", "time_limit", "patience"])
def test_a_bound_of_nothing_is_refused(bound: str) -> None:
    with pytest.raises(BadPlanError, match=bound):
        replace(Plan(), **{bound: 0})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("named", "words"),
    [
        ({"writes": Writes.SANDBOX}, "give --sandbox-request NAME or --sandbox-task ID"),
        ({"sandbox_requests": ("Campaign A",)}, "give --writes sandbox, too"),
        ({"writes": Writes.NONE, "sandbox_tasks": (TASK,)}, "give --writes sandbox, too"),
        ({"writes": Writes.SANDBOX, "sandbox_tasks": ("17",)}, "'17' is not a task id"),
        ({"writes": Writes.SANDBOX, "sandbox_tasks": (TASK,), "max_requests": 59}, "give 60 or more"),
    ],
)
def test_a_sandbox_that_is_named_by_halves_is_refused(named: dict[str, Any], words: str) -> None:
    with pytest.raises(BadPlanError, match=words):
        Plan(**named)


def test_elsewhere_a_run_goes_gently_unless_told_otherwise() -> None:
    assert default_rate(Target("http://127.0.0.1/api/v1/worker", "key")) is None
    assert default_rate(Target("http://10.0.0.1/api/v1/worker", "key")) == 10


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"other_api_key": "key"}, "--other-api-key is the API key itself: give another server's key"),
        ({"inactive_api_key": "key"}, "--inactive-api-key is the API key itself"),
        ({"account_id": "17"}, "--account-id '17' is no account's id: give the id, a UUID"),
    ],
)
def test_what_cannot_be_another_servers_key_or_an_account_is_refused(
    given: dict[str, str], words: str
) -> None:
    with pytest.raises(BadTargetError, match=words):
        Target("http://127.0.0.1:8080/api/v1/worker", "key", **given)


@pytest.mark.parametrize("key", ["", None])
def test_a_missing_key_is_asked_for_by_its_option(key: Any) -> None:
    with pytest.raises(BadTargetError, match=r"give --api-key or set WORKERKIT_API_KEY"):
        Target("http://127.0.0.1:8080/api/v1/worker", key)
