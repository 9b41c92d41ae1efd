"""The begin and the end of a fleet, in the master of Locust, or in Locust without a master."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import gevent
from gevent.event import Event
from locust.env import Environment
from locust.runners import STATE_MISSING, MasterRunner, Runner

from workerkit.contracts.fleet.fleet_options import FleetOptions, FleetUsageError
from workerkit.contracts.fleet.fleet_plan import FleetPlan
from workerkit.contracts.fleet.fleet_report import FleetReport, report_of
from workerkit.contracts.fleet.locust_process import LocustProcess
from workerkit.contracts.fleet.mock_worlds import MockWorlds, MockWorldsError
from workerkit.contracts.fleet.process_tally import ProcessTally
from workerkit.contracts.fleet.task_ledger import TaskFinding
from workerkit.mockserver.atomic_file import write_atomically
from workerkit.mockserver.steady_clock import steady_seconds
from workerkit.openapi.errors import CannotRunError, UsageError
from workerkit.openapi.formats.strict_json import render

PLAN_MESSAGE, END_MESSAGE, RESULT_MESSAGE = "workerkit-plan", "workerkit-end", "workerkit-result"
EXIT_FINDINGS, EXIT_USAGE, EXIT_CANNOT_RUN = 1, 2, 3
_NO_SERVER = "no server has worked: see the messages of Locust"
# In seconds: for messages, and for the look at processes that may have ended.
_LONGEST_MESSAGE, _LOOK_EVERY = 15.0, 1.0


class LocustMaster:
    """Deals the servers to the processes, asks for their results, and judges the run.

    environment, runner: those of Locust.
    options: the options of the run.
    own_process: the servers of this process, if Locust runs without a master.
    """

    def __init__(
        self,
        environment: Environment,
        runner: Runner,
        options: FleetOptions,
        own_process: LocustProcess | None,
    ) -> None:
        self._environment = environment
        self._runner = runner
        self._options = options
        self._own_process = own_process
        self._worlds: MockWorlds | None = None
        self._plans: dict[str, FleetPlan] = {}
        self._results: dict[str, Mapping[str, Any]] = {}
        self._has_news = Event()

    def begin(self) -> None:
        """Makes the worlds, and gives each process its servers. If this is not possible, ends Locust."""
        try:
            self._deal(self._options.plan(self._keys(self._runner.target_user_count)))
        except (UsageError, CannotRunError) as error:
            sys.stderr.write(f"Error: {error}\n")
            self._remove_worlds()
            is_usage = isinstance(error, UsageError)
            self._environment.process_exit_code = EXIT_USAGE if is_usage else EXIT_CANNOT_RUN
            # Locust is just starting: it can end only after that.
            gevent.spawn(self._runner.quit)

    def note_result(self, client_id: str, result: Mapping[str, Any]) -> None:
        """Notes the result of a process."""
        self._results[client_id] = result
        self._has_news.set()

    def end(self) -> None:
        """Collects the results, and prints and writes the report."""
        if not self._plans:
            return
        tally, missing = self._collect()
        report = report_of(tally, *self._look_into_worlds(tally, missing))
        self._plans.clear()
        sys.stdout.write("".join(f"{line}\n" for line in report.lines()))
        self._write(report)
        if not report.passed:
            self._environment.process_exit_code = EXIT_FINDINGS

    # The begin

    def _keys(self, users: int) -> list[str]:
        options = self._options
        if options.keys_file is None:
            self._worlds = MockWorlds(options.base_url, options.token)
            return self._worlds.make(options.worlds, users, options.tasks)
        keys = options.read_keys()
        if len(keys) < users:
            raise FleetUsageError(
                f"--keys-file {options.keys_file} has {len(keys)} keys, and --users is {users}: give --users "
                f"{len(keys)} or fewer, because each user works as one server"
            )
        return keys[:users]

    def _deal(self, plan: FleetPlan) -> None:
        self._results = {}
        if self._own_process is not None:
            self._plans = {"": plan}
            self._own_process.begin(plan)
            return
        # Locust deals its users in the same order.
        client_ids = sorted(client.id for client in self._master.clients.all)
        self._plans = dict(zip(client_ids, plan.shares(len(client_ids)), strict=True))
        for client_id, share in self._plans.items():
            self._master.send_message(PLAN_MESSAGE, share.as_json(), client_id)

    @property
    def _master(self) -> MasterRunner:
        assert isinstance(self._runner, MasterRunner)
        return self._runner

    # The end

    def _collect(self) -> tuple[ProcessTally, list[str]]:
        """The sums of all processes, and a sentence for each process without a result."""
        if self._own_process is not None:
            tally = self._own_process.end()
            return tally, [] if tally.servers else [_NO_SERVER]
        self._master.send_message(END_MESSAGE)
        longest = max((plan.seconds_to_end for plan in self._plans.values()), default=0.0)
        until = steady_seconds() + longest + _LONGEST_MESSAGE
        while self._missing_clients() and steady_seconds() < until:
            self._has_news.wait(_LOOK_EVERY)
            self._has_news.clear()
        tally = ProcessTally()
        for result in self._results.values():
            tally.add_json(result)
        missing = [
            f"a process of Locust with {len(plan.keys)} servers ended without its result"
            for client_id, plan in self._plans.items()
            if client_id not in self._results
        ]
        if not tally.servers:
            missing.append(_NO_SERVER)
        return tally, missing

    def _missing_clients(self) -> list[str]:
        """The processes that still run, and whose result has not come."""
        running = {client.id for client in self._master.clients.all if client.state != STATE_MISSING}
        return [
            client_id for client_id in self._plans if client_id in running and client_id not in self._results
        ]

    def _look_into_worlds(
        self, tally: ProcessTally, missing: list[str]
    ) -> tuple[list[TaskFinding], list[str]]:
        """What the worlds show. Without the results of all servers, it cannot be compared."""
        if self._worlds is None:
            return [], missing
        try:
            is_complete = not missing and not tally.ended_early
            findings = list(self._worlds.findings(tally, self._options.tasks)) if is_complete else []
        except MockWorldsError as error:
            return [], [*missing, str(error)]
        finally:
            self._remove_worlds()
        return findings, missing

    def _remove_worlds(self) -> None:
        if self._worlds is not None and not self._options.keeps_worlds:
            # If the mock is gone, its worlds are gone, too.
            with suppress(MockWorldsError):
                self._worlds.remove()

    def _write(self, report: FleetReport) -> None:
        if self._options.report is not None:
            write_atomically(self._options.report, render(report.as_json()) + b"\n")
