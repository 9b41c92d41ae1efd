"""What a test holds in its hand: one fresh world, and the ways to look at it and to change it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from workerkit.mockserver.capsules.capture.capture import notes_of, taken
from workerkit.mockserver.capsules.file.capsule import Capsule
from workerkit.mockserver.control.verify import ANY_BODY, Verification, in_words, verify, wanted_of
from workerkit.mockserver.server.server import MockServer
from workerkit.mockserver.workers.command import CommandNotFoundError
from workerkit.mockserver.workers.worker_environment import worker_settings
from workerkit.mockserver.workers.worker_run import WorkerRun, run_worker
from workerkit.mockserver.world.new_task import create_task
from workerkit.mockserver.world.refusal import InvalidRequestError, RefusalError
from workerkit.mockserver.world.world import World
from workerkit.mockserver.world.world_mask import mask_of
from workerkit.mockserver.worlds.add_fault import add_described_fault
from workerkit.mockserver.worlds.run_builder import run_of
from workerkit.mockserver.worlds.snapshot import snapshot
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.formats.yaml_nodes import closest
from workerkit.scenarios.fields.duration import DurationError, seconds
from workerkit.scenarios.model.scenario import Scenario
from workerkit.scenarios.rules.judge import Verdict, judge, masked

# A test that goes wrong shows its own lines, not ours.
__tracebackhide__ = True
Json = dict[str, Any]
T = TypeVar("T")
_MOST_LINES = 100
_MISUSE = (RefusalError, DurationError, CommandNotFoundError)


class WorkerApi:
    """A world of the mock for one test: `server-01` (online), `server-02` (active), `server-03` (offline).

    It begins without tasks, or as its scenario says. `base_url`, `api_key` and `env` are what a worker needs
    to work as its first server.
    """

    def __init__(
        self, mock: MockServer, scenario: Scenario | None = None, *, with_capsule: bool = False
    ) -> None:
        self._mock = mock
        builder = WorldBuilder(scenario, tasks=False)
        worlds = mock.worlds
        director = mock.ask(lambda: worlds.add(worlds.new_name(), builder))
        self._name = director.world.name
        self.env: dict[str, str] = worker_settings(mock, director)
        self._beginning = mock.ask(lambda: snapshot(director)) if with_capsule else None
        self.clock = WorldClock(self._ask)
        self._stint: WorkerRun | None = None

    @property
    def base_url(self) -> str:
        """Where the Worker API is: ends in `/api/v1/worker`."""
        return self._mock.base_url

    @property
    def api_key(self) -> str:
        """The key of the world's first server."""
        return self.env["LIKEPION_API_KEY"]

    @property
    def servers(self) -> list[Json]:
        """The servers, with `name`, `api_key`, `status` and their last `heartbeat`."""
        return self._ask(lambda world: [server.as_json() for server in world.servers.values()])

    @property
    def requests(self) -> list[Json]:
        """The requests, with `status` and `created_links`."""
        return self._ask(lambda world: [request.as_json() for request in world.requests.values()])

    @property
    def accounts(self) -> list[Json]:
        """The accounts, with `status`."""
        return self._ask(lambda world: [account.as_json() for account in world.accounts.values()])

    @property
    def logs(self) -> list[Json]:
        """The stored log entries, with `server` and `at`."""
        return self._ask(lambda world: [entry.as_json() for entry in world.logs])

    @property
    def journal(self) -> list[Exchange]:
        """The exchanges so far, the oldest first, as they were: with their secrets."""
        return self._ask(lambda world: list(world.journal))

    def add_task(self, **fields: Any) -> Json:
        """Adds a task, of the first server where `server` is left out, and returns it.

        The fields are those of the page, and `server`, `account_id`, `error_message`, `note`, `is_indexed`.
        What is left out is filled in. Raises refusal.Invalid for an unknown field.
        """
        return self._ask(lambda world: create_task(world, fields).as_json())

    def task(self, task_id: str) -> Json:
        """A task as it is now, with `server` and what workers do not see. Raises refusal.NotFound."""
        return self._ask(lambda world: world.task(task_id).as_json())

    def tasks(self, **fields: Any) -> list[Json]:
        """The tasks whose fields have these values: `tasks(status="completed")`.

        Raises refusal.Invalid for an unknown field.
        """
        everything = self._ask(lambda world: [task.as_json() for task in world.tasks.values()])
        for name in fields if everything else ():
            if name not in everything[0]:
                raise InvalidRequestError(f"a task has no field {name}{closest(name, everything[0])}")
        return [task for task in everything if all(task[name] == value for name, value in fields.items())]

    def run(self, words: Sequence[str], *, time_limit: str = "30s") -> WorkerRun:
        """Runs a worker's command in this world: `run(["node", "worker.js"])`.

        It finds `env` in its environment, and `{base_url}` and `{api_key}` in the words are replaced. It is
        ended when the test's scenario is over, if it has one, or at the time limit; no process of it is left.
        Raises CommandNotFound, NoDuration.
        """
        director = self._mock.worlds.director(self._name)
        limit = _plainly(lambda: seconds(time_limit))
        self._stint = _plainly(lambda: run_worker(self._mock, director, words, time_limit=limit))
        return self._stint

    def fault(self, kind: str, **parameters: Any) -> None:
        """Lets requests go wrong from now on: `fault("status", status=503, operation="updateTask", nth=2)`.

        The parameters are those of the kind and of the schedule, which counts from now; write `for_` for the
        schedule's `for`. Raises refusal.Invalid for an unknown kind or parameter, with the closest.
        """
        asked = {"fault": kind, **{name.removesuffix("_"): value for name, value in parameters.items()}}
        self._ask(lambda world: add_described_fault(world, asked))

    def clear_faults(self) -> None:
        """Lets nothing go wrong any more."""
        self._ask(lambda world: world.faults.clear())

    def verify(
        self,
        operation: str | None = None,
        *,
        status: int | None = None,
        path: str | None = None,
        body: Any = ANY_BODY,
        times: int | Mapping[str, int] | None = None,
    ) -> Verification:
        """Checks that such a request came: `verify("completeLink", status=200, times=1)`.

        What is left out is not looked at. `body` is JSON that the request's body has to contain. `times` is
        how often it has to come, or `{"min": 1, "max": 3}`; without it, at least once. Raises AssertionError
        with the closest requests and where they differ, and refusal.Invalid for an unknown operation.
        """
        bounds = {"min": times, "max": times} if isinstance(times, int) else times
        given = {"operation": operation, "status": status, "path": path, "times": bounds}
        asked = {name: value for name, value in given.items() if value is not None}
        asked |= {} if body is ANY_BODY else {"body": body}
        found = self._ask(lambda world: verify(world, wanted_of(asked)))
        if not found.ok:
            raise AssertionError(self._ask(lambda world: in_words(asked, found.masked(mask_of(world)))))
        return found

    def verdict(self) -> Verdict:
        """The judgement so far of the test's scenario, without secrets; also of how `run` ended.

        Raises ValueError where the test has no scenario.
        """
        director = self._mock.worlds.director(self._name)
        if director.scenario is None:
            raise ValueError('this test has no scenario: mark it with @pytest.mark.scenario("key-revoked")')
        ended_by, exit_code = (
            (self._stint.ended_by, self._stint.exit_code) if self._stint else ("until", None)
        )
        run, mask = self._ask(lambda world: (run_of(director, ended_by, exit_code), mask_of(world)))
        return masked(judge(run), mask)

    def lines(self) -> list[str]:
        """The exchanges so far, a line each, without secrets."""
        return self._ask(lambda world: [mask_of(world).line(exchange) for exchange in world.journal])

    def sections(self) -> list[tuple[str, str]]:
        """What a failed test's report says, title and text: exchanges, verdict, output; without secrets."""
        lines = self.lines()
        left_out = len(lines) - _MOST_LINES
        earlier = [f"({left_out} earlier ones left out)"] if left_out > 0 else []
        sections = [("exchanges with worker_api", "\n".join([*earlier, *lines[-_MOST_LINES:]]) or "none")]
        scenario = self._mock.worlds.director(self._name).scenario
        if scenario is not None:
            broken = [f"{each.rule}: {each.message}" for each in self.verdict().broken]
            sections.append((f"rules of {scenario.name} broken so far", "\n".join(broken) or "none"))
        if self._stint is not None:
            sections.append(("output of the worker", self._stint.output or "none"))
        return sections

    def capsule(self) -> Capsule | None:
        """A capsule of the exchanges so far, without secrets, where the test was begun with one.

        Its world is as it was before the first of them: what a test changes later is not in it.
        """
        beginning, director = self._beginning, self._mock.worlds.director(self._name)
        if beginning is None:
            return None
        notes = notes_of(director.scenario, self.verdict()) if director.scenario else []
        return self._ask(lambda world: taken(director, beginning, notes=notes))

    def close(self) -> None:
        """Removes the world."""
        self._mock.ask(lambda: self._mock.worlds.remove(self._name))

    def _ask(self, question: Callable[[World], T]) -> T:
        def answered() -> T:
            director = self._mock.worlds.director(self._name)
            answer = question(director.world)
            if self._beginning is not None and director.world.journal.count == 0:
                self._beginning = snapshot(director)
            return answer

        return _plainly(lambda: self._mock.ask(answered))


def _plainly(question: Callable[[], T]) -> T:
    """The answer; what was asked wrongly is told without the lines of ours in which it was found."""
    try:
        return question()
    except _MISUSE as error:
        raise error.with_traceback(None) from None


class WorldClock:
    """The clock of a test's world: every time in an answer comes from it."""

    def __init__(self, ask: Callable[[Callable[[World], None]], None]) -> None:
        self._ask = ask

    def advance(self, duration: str) -> None:
        """Moves the clock forward by a length of time such as `500ms`, `60s` or `2m`."""
        step = _plainly(lambda: seconds(str(duration)))
        self._ask(lambda world: world.clock.advance(step))
