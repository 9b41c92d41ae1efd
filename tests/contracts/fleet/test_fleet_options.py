from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import pytest

from workerkit.contracts.fleet.fleet_options import FleetOptions, add_options, options_of
from workerkit.openapi.errors import UsageError

LOCAL = "http://127.0.0.1:8080/api/v1/worker"
REMOTE = "https://staging.example/api/v1/worker"


class Parser(argparse.ArgumentParser):
    """A parser with Locust's option for the address. Like Locust's, its options have a variable."""

    def __init__(self) -> None:
        super().__init__()
        self.variables: list[str] = []
        self.add_argument("--host")

    def add_argument_group(self, *args: Any, **kwargs: Any) -> Any:
        group = super().add_argument_group(*args, **kwargs)
        add = group.add_argument

        def add_argument(*names: str, env_var: str, **settings: Any) -> Any:
            self.variables.append(env_var)
            return add(*names, **settings)

        group.add_argument = add_argument  # type: ignore[method-assign,assignment]
        return group


def parsed(*arguments: str) -> FleetOptions:
    parser = Parser()
    add_options(parser)
    return options_of(parser.parse_args(arguments))


@pytest.fixture
def keys_file(tmp_path: Path) -> str:
    file = tmp_path / "keys"
    file.write_text("# of staging\nkey-1\n\nkey-2\n", "utf-8")
    return str(file)


def test_on_this_machine_everything_may_be_changed() -> None:
    options = parsed("--host", LOCAL)
    options.check()
    plan = options.plan(["a"])
    assert (plan.writes, plan.rate) == ("all", None)


def test_on_another_machine_nothing_is_changed_and_the_rate_is_low(keys_file: str) -> None:
    options = parsed("--host", REMOTE, "--keys-file", keys_file)
    options.check()
    plan = options.plan(options.read_keys())
    assert (plan.keys, plan.writes, plan.rate) == (("key-1", "key-2"), "none", 10.0)


def test_all_options_reach_the_plan(keys_file: str) -> None:
    options = parsed(
        *("--host", REMOTE, "--keys-file", keys_file, "--writes", "sandbox", "--rate", "300/m"),
        *("--sandbox-request", "Campaign A", "--sandbox-task", "00000000-0000-4000-8000-000000000001"),
    )
    options.check()
    limits = options.plan(["a"]).limits()
    assert (limits.writes, limits.rate, limits.sandbox_requests) == ("sandbox", 5.0, ("Campaign A",))
    assert limits.sandbox_tasks == ("00000000-0000-4000-8000-000000000001",)


def test_each_option_has_a_variable() -> None:
    parser = Parser()
    add_options(parser)
    assert {"WORKERKIT_WRITES", "WORKERKIT_KEYS_FILE", "WORKERKIT_CONTROL_TOKEN_FILE"} <= set(
        parser.variables
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "the address is missing: give --host"),
        (("--host", "http://127.0.0.1:8080"), "does not end in /api/v1/worker"),
        (("--host", REMOTE), "the servers of new worlds need --writes all, not none"),
        (("--host", LOCAL, "--rate", "fast"), "--rate fast is not a rate"),
        (("--host", LOCAL, "--rate", "0/s"), "--rate 0/s is not a rate"),
        (("--host", LOCAL, "--worlds", "0"), "--worlds and --tasks must be 1 or more"),
        (("--host", LOCAL, "--keys-file", "missing"), "--keys-file missing cannot be read"),
        (("--host", LOCAL, "--control-token-file", "missing"), "--control-token-file missing cannot be read"),
        (("--host", LOCAL, "--sandbox-task", "7"), "'7' is not a task id"),
        (("--host", LOCAL, "--sandbox-request", "A"), "--writes is all, but a sandbox is given"),
    ],
)
def test_a_mistake_is_explained(arguments: tuple[str, ...], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        parsed(*arguments).check()


@pytest.mark.parametrize(
    ("text", "message"),
    [("", "has no key"), ("a\nb\na\n", "has a key twice"), ("a b\n é\n", "is not a valid key")],
)
def test_a_mistake_in_the_file_of_keys_is_explained(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "keys"
    file.write_text(text, "utf-8")
    with pytest.raises(UsageError, match=message):
        parsed("--host", LOCAL, "--keys-file", str(file)).check()
