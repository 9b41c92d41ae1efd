"""The options of a fleet on Locust's command line, and the plan that they make."""

from __future__ import annotations

import argparse
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from workerkit.contracts.fleet.fleet_plan import FleetPlan
from workerkit.contracts.target.plan import default_rate, default_writes
from workerkit.contracts.target.target import Target
from workerkit.mockserver.control.access import checked_token
from workerkit.openapi.errors import UsageError

_RATE, _SECONDS = re.compile(r"([0-9.]{1,12})/([sm])", re.ASCII), {"s": 1, "m": 60}
_ANY_KEY = "any"
_WRITES = ("none", "sandbox", "all")


class FleetUsageError(UsageError, ValueError):
    """An option of a fleet is missing or wrong. The message says which, and what to give instead."""


class OptionParser(Protocol):
    """The part of Locust's parser that is used here."""

    def add_argument_group(self, title: str) -> argparse._ArgumentGroup:
        """Adds a group of options."""


@dataclass(frozen=True, slots=True)
class FleetOptions:
    """The options of a fleet, as they were given.

    base_url: the value of Locust's own option `--host`.
    keys_file: a file with the keys of the servers. None: worlds of the mock are made, with their own keys.
    worlds, tasks: how many worlds are made, and how many tasks each server in them gets.
    writes, rate, sandbox_requests, sandbox_tasks: as in Plan. None for the default.
    token: the control token of the mock, or None.
    report: a file for the result as JSON, or None.
    keeps_worlds: True if the worlds stay after the run.
    """

    base_url: str
    keys_file: str | None
    worlds: int
    tasks: int
    writes: str | None
    rate: float | None
    sandbox_requests: tuple[str, ...]
    sandbox_tasks: tuple[str, ...]
    token: str | None
    report: str | None
    keeps_worlds: bool

    def check(self) -> None:
        """Raises UsageError if the options do not fit together, or a value is wrong."""
        if not self.base_url:
            raise FleetUsageError("the address is missing: give --host http://127.0.0.1:8080/api/v1/worker")
        if self.worlds < 1 or self.tasks < 1:
            raise FleetUsageError("--worlds and --tasks must be 1 or more")
        self.plan(self.read_keys() or [_ANY_KEY])
        if self.keys_file is None and self._writes() != "all":
            raise FleetUsageError(
                f"the servers of new worlds need --writes all, not {self._writes()}: if this is a mock, add "
                "--writes all; for another server, give the keys of its servers with --keys-file"
            )

    def read_keys(self) -> list[str]:
        """The keys in the file, one in each line. Empty without a file. Raises UsageError."""
        if self.keys_file is None:
            return []
        try:
            lines = Path(self.keys_file).read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise FleetUsageError(f"--keys-file {self.keys_file} cannot be read: {error}") from None
        keys = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
        if not keys:
            raise FleetUsageError(f"--keys-file {self.keys_file} has no key: write one key in each line")
        if len(set(keys)) < len(keys):
            raise FleetUsageError(f"--keys-file {self.keys_file} has a key twice: one server has one worker")
        return keys

    def plan(self, keys: list[str]) -> FleetPlan:
        """The plan of the whole fleet. Raises UsageError for a value that is not valid."""
        rate = self.rate if self.rate is not None else default_rate(Target(self.base_url, _ANY_KEY))
        plan = FleetPlan(
            self.base_url.rstrip("/"),
            tuple(keys),
            self._writes(),
            rate,
            self.sandbox_requests,
            self.sandbox_tasks,
        )
        plan.limits()
        for key in keys:
            plan.target(key)
        return plan

    def _writes(self) -> str:
        return self.writes or str(default_writes(Target(self.base_url, _ANY_KEY)))


def add_options(parser: OptionParser) -> None:
    """Adds the options to Locust's parser."""
    group = parser.add_argument_group("workerkit: the simulated servers")

    def add(name: str, **settings: object) -> None:
        variable = f"WORKERKIT_{name.removeprefix('--').replace('-', '_').upper()}"
        group.add_argument(name, env_var=variable, **settings)  # type: ignore[arg-type]

    add(
        "--keys-file",
        metavar="FILE",
        help="API keys of the servers, one in each line; without it, worlds of the mock",
    )
    add("--worlds", type=int, default=1, help="How many worlds of the mock to make (1)")
    add("--tasks", type=int, default=50, help="How many tasks each server in them gets (50)")
    add("--keep-worlds", action="store_true", help="Do not remove the worlds at the end")
    add("--control-token-file", metavar="FILE", help="The control token of the mock is the content of FILE")
    add(
        "--writes",
        choices=_WRITES,
        help="What may be sent: none, sandbox or all. On another machine, none is the default",
    )
    add(
        "--rate",
        metavar="N/s",
        help="Most requests per second of all servers; on another machine 10/s is the default",
    )
    add(
        "--sandbox-request",
        action="append",
        metavar="NAME",
        help="With --writes sandbox: a customer's request whose tasks may change",
    )
    add("--sandbox-task", action="append", metavar="ID", help="With --writes sandbox: a task that may change")
    add("--report", metavar="FILE", help="Writes the result as JSON")


def options_of(parsed: argparse.Namespace) -> FleetOptions:
    """The options of a parsed command line. Raises UsageError if a value or a file cannot be read."""
    return FleetOptions(
        base_url=parsed.host or "",
        keys_file=parsed.keys_file,
        worlds=parsed.worlds,
        tasks=parsed.tasks,
        writes=parsed.writes,
        rate=_rate(parsed.rate),
        sandbox_requests=tuple(parsed.sandbox_request or ()),
        sandbox_tasks=tuple(parsed.sandbox_task or ()),
        token=_token(parsed.control_token_file),
        report=parsed.report,
        keeps_worlds=parsed.keep_worlds,
    )


def _rate(text: str | None) -> float | None:
    if text is None:
        return None
    match = _RATE.fullmatch(text.strip())
    rate = float(match[1]) / _SECONDS[match[2]] if match else 0.0
    if not rate > 0:
        raise FleetUsageError(f"--rate {text} is not a rate: write for example 5/s or 100/m")
    return rate


def _token(file: str | None) -> str | None:
    if file is None:
        return None
    try:
        return checked_token(Path(file).read_text(encoding="utf-8").strip())
    except (OSError, UnicodeDecodeError) as error:
        raise FleetUsageError(f"--control-token-file {file} cannot be read: {error}") from None
