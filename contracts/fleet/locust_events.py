"""What the events of Locust do for a fleet. Importing this file registers it with Locust."""

from __future__ import annotations

import sys
from typing import Any

import gevent
from locust import events, runners
from locust.env import Environment
from locust.runners import MasterRunner, Runner, WorkerRunner

from workerkit.contracts.fleet.fleet_options import FleetOptions, add_options, options_of
from workerkit.contracts.fleet.fleet_plan import FleetPlan
from workerkit.contracts.fleet.locust_master import (
    END_MESSAGE,
    EXIT_CANNOT_RUN,
    EXIT_USAGE,
    PLAN_MESSAGE,
    RESULT_MESSAGE,
    LocustMaster,
)
from workerkit.contracts.fleet.locust_process import LocustProcess
from workerkit.contracts.page import lenient_spec
from workerkit.mockserver.atomic_file import check_writable
from workerkit.openapi.errors import CannotRunError, UsageError

_LONGEST_SILENCE = 60


def connect(environment: Environment, runner: Runner, **_: Any) -> None:
    """Connects this process of Locust. Exits with 2 if the options are wrong."""
    # The timers of gevent begin at a time that is as old as the imports took. --run-time would be too short.
    gevent.get_hub().loop.update_now()
    if isinstance(runner, WorkerRunner):
        _connect_worker(environment, runner)
        return
    own_process = None if isinstance(runner, MasterRunner) else LocustProcess(environment)
    master = LocustMaster(environment, runner, _checked_options(environment), own_process)
    if isinstance(runner, MasterRunner):
        runner.register_message(RESULT_MESSAGE, lambda msg, **_: master.note_result(msg.node_id, msg.data))
    environment.events.test_start.add_listener(lambda **_: master.begin())
    environment.events.test_stopping.add_listener(lambda **_: master.end())


def _checked_options(environment: Environment) -> FleetOptions:
    assert environment.parsed_options is not None
    try:
        options = options_of(environment.parsed_options)
        options.check()
        if options.report is not None:
            check_writable(options.report)
    except (UsageError, CannotRunError) as error:
        sys.stderr.write(f"Error: {error}\n")
        sys.exit(EXIT_USAGE if isinstance(error, UsageError) else EXIT_CANNOT_RUN)
    return options


def _connect_worker(environment: Environment, runner: WorkerRunner) -> None:
    process = LocustProcess(environment)
    sent: list[bool] = []

    def begin(msg: Any, **_: Any) -> None:
        sent.clear()
        process.begin(FleetPlan.from_json(msg.data))

    # Up to 2.45, Locust gives the arguments of a message without their names.
    def end(*_: Any, **__: Any) -> None:
        tally = process.end()
        if not sent:
            sent.append(True)
            runner.send_message(RESULT_MESSAGE, tally.as_json())

    runner.register_message(PLAN_MESSAGE, begin)
    # The users need some time to end. Meanwhile, this process must read other messages.
    runner.register_message(END_MESSAGE, end, concurrent=True)
    environment.events.quitting.add_listener(end)


# The first look at an answer takes a second of CPU time. Locust would wait for the process meanwhile.
lenient_spec.lenient_api()
# In seconds. A master of Locust believes after three seconds that a busy worker is gone, and ends the run.
runners.HEARTBEAT_LIVENESS = _LONGEST_SILENCE
events.init_command_line_parser.add_listener(add_options)
events.init.add_listener(connect)
