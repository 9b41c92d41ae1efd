"""One world of a mock, as tests use it. The fixture `worker_api` gives it to a test."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self, TypeVar

from workerkit.mockserver.capsules.capture.capture import capture_world, verdict_notes
from workerkit.mockserver.capsules.file.capsule import Capsule
from workerkit.mockserver.control.verify import (
    ANY_BODY,
    Verification,
    expected_calls_of,
    verification_text,
    verify,
)
from workerkit.mockserver.server.server import WorldServer
from workerkit.mockserver.workers.command import CommandNotFoundError
from workerkit.mockserver.workers.worker_environment import worker_settings
from workerkit.mockserver.workers.worker_run import WorkerRun, run_command
from workerkit.mockserver.world.new_task import create_task
from workerkit.mockserver.world.refusal import InvalidRequestError, RefusalError
from workerkit.mockserver.world.world import World
from workerkit.mockserver.world.world_mask import mask_of
from workerkit.mockserver.worlds.add_fault import add_described_fault
from workerkit.mockserver.worlds.own_port import check_shares_port
from workerkit.mockserver.worlds.run_builder import build_run
from workerkit.mockserver.worlds.snapshot import snapshot_of
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.formats.yaml_nodes import did_you_mean
from workerkit.scenarios.fields.duration import DurationError, parse_duration
from workerkit.scenarios.model.scenario import Scenario
from workerkit.scenarios.rules.judge import Verdict, judge, masked
from workerkit.scenarios.run_record.run import Run

# pytest leaves the functions of this file out of tracebacks, so that a failed test shows its own lines.
__tracebackhide__ = True
Json = dict[str, Any]
T = TypeVar("T")
_MOST_LINES = 100
_NO_SCENARIO = (
    'this world has no scenario: mark the test with @pytest.mark.scenario("key-revoked"), '
    'or write new_world("key-revoked")'
)
_MISUSE = (RefusalError, DurationError, CommandNotFoundError)


class WorkerApi:
    """One world of the mock. `MockServer.new_world` and the fixture `worker_api` make it.

    Without a scenario the world has no tasks and three servers: `server-01` (online), `server-02` (active)
    and `server-03` (offline). The worker under test works as the first server.

    env: the environment variables of the worker, with the URL of the API, the API key and the server's name.
    clock: the clock of the world.
    """

    def __init__(
        self,
        mock: WorldServer,
        scenario: Scenario | None = None,
        *,
        heartbeat_interval: float | None = None,
        with_capsule: bool = False,
    ) -> None:
        self._mock = mock
        _without_own_frames(lambda: check_shares_port(scenario))
        builder = WorldBuilder(scenario, with_tasks=False, heartbeat_interval=heartbeat_interval)
        worlds = mock.worlds
        director = mock.run_in_server_thread(lambda: worlds.add(worlds.new_name(), builder))
        self._name = director.world.name
        self.env: dict[str, str] = worker_settings(mock, director)
        self._first_snapshot = (
            mock.run_in_server_thread(lambda: snapshot_of(director)) if with_capsule else None
        )
        self.clock = WorldClock(self._call_with_world)
        self._worker_run: WorkerRun | None = None

    @property
    def base_url(self) -> str:
        """The URL of the Worker API. It ends with `/api/v1/worker`."""
        return self._mock.base_url

    @property
    def api_key(self) -> str:
        """The API key of the world's first server."""
        return self.env["LIKEPION_API_KEY"]

    @property
    def servers(self) -> list[Json]:
        """The servers of the world, with `name`, `api_key`, `status` and the last `heartbeat`."""
        return self._call_with_world(lambda world: [server.as_json() for server in world.servers.values()])

    @property
    def requests(self) -> list[Json]:
        """The customers' requests, with `status` and `created_links`."""
        return self._call_with_world(lambda world: [request.as_json() for request in world.requests.values()])

    @property
    def accounts(self) -> list[Json]:
        """The accounts, with their `status`."""
        return self._call_with_world(lambda world: [account.as_json() for account in world.accounts.values()])

    @property
    def logs(self) -> list[Json]:
        """The stored log entries, with `server` and `at`."""
        return self._call_with_world(lambda world: [entry.as_json() for entry in world.logs])

    @property
    def journal(self) -> list[Exchange]:
        """All exchanges so far, the oldest first. They contain secrets."""
        return self._call_with_world(lambda world: list(world.journal))

    def add_task(self, **fields: Any) -> Json:
        """Adds a task to the world and returns it.

        fields: the fields of a task in the documentation of the API, and also `server`, `account_id`,
            `error_message`, `note` and `is_indexed`. Missing fields get default values. The default server is
            the first one.

        Raises InvalidRequestError for an unknown field or a wrong value, and NotFoundError for an unknown
        server, request or account.
        """
        return self._call_with_world(lambda world: create_task(world, fields).as_json())

    def task(self, task_id: str) -> Json:
        """Returns the current state of a task, with fields that workers do not see, such as `server`.

        Raises NotFoundError for an unknown task.
        """
        return self._call_with_world(lambda world: world.task(task_id).as_json())

    def tasks(self, **fields: Any) -> list[Json]:
        """Returns the tasks whose fields have these values: `tasks(status="completed")`.

        Raises InvalidRequestError for an unknown field.
        """
        all_tasks = self._call_with_world(lambda world: [task.as_json() for task in world.tasks.values()])
        for name in fields if all_tasks else ():
            if name not in all_tasks[0]:
                raise InvalidRequestError(f"a task has no field {name}{did_you_mean(name, all_tasks[0])}")
        return [task for task in all_tasks if all(task[name] == value for name, value in fields.items())]

    def run(self, words: Sequence[str], *, time_limit: str = "30s", grace: str = "5s") -> WorkerRun:
        """Runs a worker's command in this world: `run(["node", "worker.js"])`.

        The command is stopped when the scenario of the test is over, or after the time limit. No process of
        the command is left running.

        words: the words of the command. `{base_url}` and `{api_key}` in them are replaced. The command also
            gets the environment variables of `env`.
        time_limit: a duration such as `30s` or `2m`.
        grace: how long the command may take to exit after SIGTERM, before it gets SIGKILL.

        Raises CommandNotFoundError if the command cannot be started, and DurationError for a wrong duration.
        """
        director = self._mock.worlds.director(self._name)
        limit, seconds = _without_own_frames(lambda: (parse_duration(time_limit), parse_duration(grace)))
        self._worker_run = _without_own_frames(
            lambda: run_command(self._mock, director, words, time_limit=limit, grace=seconds)
        )
        return self._worker_run

    def fault(self, kind: str, **parameters: Any) -> None:
        """Adds a fault: `fault("status", status=503, operation="updateTask", nth=2)`.

        kind: the kind of the fault.
        parameters: the parameters of this kind of fault, and of its schedule. The schedule counts calls and
            time from now on. Write `for_` instead of `for`.

        Raises InvalidRequestError for an unknown kind, an unknown parameter or a wrong value. For an unknown
        name, the message suggests the most similar name.
        """
        expected = {"fault": kind, **{name.removesuffix("_"): value for name, value in parameters.items()}}
        self._call_with_world(lambda world: add_described_fault(world, expected))

    def clear_faults(self) -> None:
        """Removes all faults."""
        self._call_with_world(lambda world: world.faults.clear())

    def verify(
        self,
        operation: str | None = None,
        *,
        status: int | None = None,
        path: str | None = None,
        body: Any = ANY_BODY,
        times: int | Mapping[str, int] | None = None,
    ) -> Verification:
        """Checks that the worker sent a request: `verify("completeLink", status=200, times=1)`.

        operation: the operation of the request.
        status: the status of the answer.
        path: the path of the request.
        body: JSON that the body of the request has to contain.
        times: how many matching requests there have to be, or `{"min": 1, "max": 3}`. Default: at least one.

        An argument that is not given is not checked. Raises AssertionError if the number of matching requests
        is wrong. The message shows the most similar requests and how they differ. Raises InvalidRequestError
        for an unknown operation.
        """
        given = {"operation": operation, "status": status, "path": path, "times": times}
        expected = {name: value for name, value in given.items() if value is not None}
        expected |= {} if body is ANY_BODY else {"body": body}
        found = self._call_with_world(lambda world: verify(world, expected_calls_of(expected)))
        if not found.ok:
            raise AssertionError(
                self._call_with_world(lambda world: verification_text(expected, found.masked(mask_of(world))))
            )
        return found

    def verdict(self) -> Verdict:
        """Judges the worker's run so far. The verdict contains no secrets.

        After `run`, the verdict also depends on how the run ended, and on the exit code. Raises ValueError if
        the world has no scenario.
        """
        return masked(judge(self.run_record()), self._call_with_world(mask_of))

    def run_record(self) -> Run:
        """Returns the record of the worker's run so far, for `judge`. It contains secrets.

        Raises ValueError if the world has no scenario.
        """
        director = self._mock.worlds.director(self._name)
        if director.scenario is None:
            raise ValueError(_NO_SCENARIO)
        record = self._worker_run.record if self._worker_run else None
        if record is not None and record.last_number == self._call_with_world(
            lambda world: world.journal.count
        ):
            return record
        ended_by, exit_code = (
            (self._worker_run.ended_by, self._worker_run.exit_code) if self._worker_run else ("until", None)
        )
        return self._call_with_world(lambda world: build_run(director, ended_by, exit_code))

    def lines(self) -> list[str]:
        """Returns one line of text for each exchange so far, without secrets."""
        return self._call_with_world(
            lambda world: [mask_of(world).line(exchange) for exchange in world.journal]
        )

    def sections(self) -> list[tuple[str, str]]:
        """Returns the sections for the report of a failed test, as pairs of title and text, without secrets.

        The sections are the exchanges, the broken rules, and the output of the worker.
        """
        lines = self.lines()
        left_out = len(lines) - _MOST_LINES
        earlier = [f"({left_out} earlier exchanges are left out)"] if left_out > 0 else []
        sections = [("exchanges with worker_api", "\n".join([*earlier, *lines[-_MOST_LINES:]]) or "none")]
        scenario = self._mock.worlds.director(self._name).scenario
        if scenario is not None:
            verdict = self.verdict()
            violations = [f"{violation.rule}: {violation.message}" for violation in verdict.broken]
            sections.append((f"rules of {scenario.name} broken so far", "\n".join(violations) or "none"))
            if verdict.not_judged:
                rules = [f"{not_judged.rule}: {not_judged.why}" for not_judged in verdict.not_judged]
                sections.append((f"rules of {scenario.name} not judged", "\n".join(rules)))
        if self._worker_run is not None:
            sections.append(("output of the worker", self._worker_run.output or "none"))
        return sections

    def capsule(self) -> Capsule | None:
        """Returns a capsule of the exchanges so far, without secrets. None without `with_capsule`.

        The capsule contains the world as it was before the first exchange. Changes that the test made after
        the first exchange are not in the capsule.
        """
        first_snapshot, director = self._first_snapshot, self._mock.worlds.director(self._name)
        if first_snapshot is None:
            return None
        notes = verdict_notes(director.scenario, self.verdict()) if director.scenario else []
        return self._call_with_world(lambda world: capture_world(director, first_snapshot, notes=notes))

    def close(self) -> None:
        """Removes the world from the mock. The end of a `with` block does this, too."""
        self._mock.run_in_server_thread(lambda: self._mock.worlds.remove(self._name))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _call_with_world(self, function: Callable[[World], T]) -> T:
        """Calls a function with the world, in the thread of the mock, and returns its result."""

        def call() -> T:
            director = self._mock.worlds.director(self._name)
            result = function(director.world)
            if self._first_snapshot is not None and director.world.journal.count == 0:
                self._first_snapshot = snapshot_of(director)
            return result

        return _without_own_frames(lambda: self._mock.run_in_server_thread(call))


def _without_own_frames(function: Callable[[], T]) -> T:
    """Calls a function. If an argument is wrong, pytest shows no code of workerkit in the traceback."""
    try:
        return function()
    except _MISUSE as error:
        raise error.with_traceback(None) from None


class WorldClock:
    """The clock of a test's world. All times in answers come from this clock."""

    def __init__(self, call_with_world: Callable[[Callable[[World], None]], None]) -> None:
        self._call_with_world = call_with_world

    def advance(self, duration: str) -> None:
        """Moves the clock forward by a duration such as `500ms`, `60s` or `2m`."""
        seconds = _without_own_frames(lambda: parse_duration(str(duration)))
        self._call_with_world(lambda world: world.clock.advance(seconds))
