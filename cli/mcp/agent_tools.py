"""The tools of `workerkit mcp`. Their names, parameters and docstrings are what an agent reads."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import anyio
import anyio.to_thread
from mcp.server.mcpserver import Context
from pydantic import Field

from workerkit.cli.mcp.agent_state import AgentState, UnknownNameError
from workerkit.cli.mcp.bounded_answer import (
    Json,
    answer_text,
    cut,
    first_numbers,
    fitting,
    list_page,
    text_page,
)
from workerkit.cli.mcp.shown_run import FinishedTrial, exchange_json
from workerkit.contracts.resend.replay_notes import capsule_notes, replay_summary
from workerkit.contracts.resend.replayer import mock_replayer
from workerkit.mockserver.capsules.capture.folder import CapsuleFolder
from workerkit.mockserver.capsules.file.capsule import Capsule
from workerkit.mockserver.capsules.other_tools.any_recording import read_recording
from workerkit.mockserver.capsules.replay.replay_report import (
    ReplaySummary,
    summary_as_json,
    summary_of_worker_replay,
)
from workerkit.mockserver.capsules.replay.worker_replay import replay_to_worker
from workerkit.mockserver.trials.trial import Trial, try_worker
from workerkit.mockserver.trials.trial_cause import trial_causes
from workerkit.mockserver.workers.worker_run import RunStoppedError
from workerkit.mockserver.worlds.add_fault import add_described_fault
from workerkit.openapi.errors import UsageError
from workerkit.openapi.spec.api import worker_api
from workerkit.openapi.spec.dialect import Dialect
from workerkit.openapi.spec.published import operation_spec, spec_text
from workerkit.scenarios.explain.scenario_text import scenario_lines
from workerkit.scenarios.faults import FAULTS
from workerkit.scenarios.fields.duration import parse_duration
from workerkit.scenarios.library import library
from workerkit.scenarios.library.titles import titles
from workerkit.scenarios.loading.editor_schema import fault_schemas

_MAX_CAUSES, _MAX_NAMES = 5, 20
Start = Annotated[int, Field(ge=0, description="Where to go on: `next_start` of the answer before.")]
Words = Annotated[
    list[str] | None,
    Field(description='The words of the command: ["node", "worker.js"]. No shell reads them.'),
]
Duration = Annotated[str, Field(description="A duration such as 500ms, 30s or 2m.")]
RunOrWorld = Annotated[
    str, Field(description="A run of `exec`, such as r1, or a world of `world`, such as w1.")
]


class AgentTools:
    """The tools. Each returns the text of a JSON object of limited size.

    state: the runs and worlds of the agent.
    fixed_command: the only command that `exec` and `replay` may start. Empty: any command.
    """

    def __init__(self, state: AgentState, fixed_command: Sequence[str]) -> None:
        self._state, self._fixed_command = state, tuple(fixed_command)

    @property
    def all(self) -> dict[str, Callable[..., Any]]:
        """The tools by their names."""
        tools = (
            self.scenarios,
            self.exec,
            self.verdict,
            self.journal,
            self.world,
            self.faults,
            self.spec,
            self.replay,
        )
        return {tool.__name__: tool for tool in tools}

    def scenarios(self, name: str | None = None, start: Start = 0) -> str:
        """Lists the scenarios, or explains one: what happens, why workers fail, which rules are checked.

        name: a scenario of the library, or the path of a scenario file. Without it, all are listed.

        An answer has at most 12,000 characters of text. `next_start` says where to go on.
        """
        if name is None:
            listed = [{"name": scenario, "title": title} for scenario, title in titles().items()]
            return answer_text(list_page(listed, start))
        return answer_text(text_page("\n".join(scenario_lines(library.find(name))), start))

    async def exec(
        self,
        context: Context[Any, Any],
        command: Words = None,
        scenarios: Annotated[
            list[str], Field(description="Names, files or folders. `all` is the library.")
        ] = ["all"],  # noqa: B006
        time_limit: Duration = "30s",
        heartbeat: Annotated[str | None, Field(description="How often the worker sends heartbeats.")] = None,
        jobs: Annotated[int, Field(ge=1, le=16, description="How many scenarios run at the same time.")] = 2,
        save_capsules: Annotated[
            str | None, Field(description="A folder for capsules of failed runs.")
        ] = None,
    ) -> str:
        """Runs a worker's command once for each scenario, on a mock of its own, and judges each run.

        The command is started as a process of this machine, with the rights of this user: it can do whatever
        this user can. It gets LIKEPION_BASE_URL, LIKEPION_API_KEY and LIKEPION_SERVER_NAME. All its processes
        are ended after each scenario.

        The answer has the name of the run for `verdict` and `journal`, and the causes: one mistake of the
        worker is one cause, with the rule that it broke, how to do it right, and the scenarios that fail
        because of it. Fix the first cause first. An answer has at most 5 causes and 20 names of scenarios.
        """
        words, limit = self._command(command), parse_duration(time_limit)
        interval = None if heartbeat is None else parse_duration(heartbeat)
        chosen = dict.fromkeys(name for choice in scenarios for name in library.expand(choice))
        runs = [
            partial(
                try_worker,
                library.find(name),
                words,
                time_limit=limit,
                heartbeat_interval=interval,
                with_capsule=save_capsules is not None,
            )
            for name in chosen
        ]
        folder = None if save_capsules is None else CapsuleFolder(Path(save_capsules))
        trials = await _run_all(runs, jobs, context)
        saved = (
            [] if folder is None else [_save(folder, trial) for trial in trials if not trial.verdict.passed]
        )
        return answer_text({**self._run_json(trials), **({"capsules": saved[:_MAX_NAMES]} if folder else {})})

    def verdict(self, of: RunOrWorld, scenario: str | None = None, start: Start = 0) -> str:
        """The verdict on a run or a world: the broken rules, with the numbers of the exchanges that show it.

        scenario: only this scenario of a run. Without it, all scenarios of the run, those that failed first.

        An answer has at most 12,000 characters, and of each rule 20 numbers and how many there are.
        `next_start` says where to go on. Look at the exchanges with `journal`.
        """
        if scenario is not None or of.startswith("w"):
            return answer_text(self._state.shown_run(of, scenario).verdict())
        trials = sorted(self._state.run_trials(of), key=lambda trial: trial.verdict.passed)
        return answer_text(list_page([FinishedTrial(trial).verdict() for trial in trials], start))

    def journal(
        self,
        of: RunOrWorld,
        scenario: Annotated[
            str | None, Field(description="Which scenario of a run; else the first that failed.")
        ] = None,
        numbers: Annotated[
            list[int] | None, Field(description="Only these exchanges, as `verdict` names them.")
        ] = None,
        operation: Annotated[
            str | None, Field(description="Only this operation, such as updateTask.")
        ] = None,
        status: Annotated[
            int | None, Field(description="Only this status of the answer, such as 401.")
        ] = None,
        start: Annotated[int, Field(ge=0, description="The number of the first exchange: `next_start`.")] = 0,
        body_start: Annotated[int, Field(ge=0, description="The first character of the bodies.")] = 0,
    ) -> str:
        """The exchanges of a run or a world: each request with its answer, and why the mock gave it.

        An answer has at most 12,000 characters, and at least one exchange; `next_start` says where to go on.
        Bodies are cut after 1,000 characters; `body_characters` says how long they are, and `body_start` gets
        the rest. Keys, passwords and e-mail addresses are replaced.
        """
        exchanges, mask = self._state.shown_run(of, scenario).exchanges()
        chosen = [
            exchange
            for exchange in exchanges
            if exchange.number >= start
            and (numbers is None or exchange.number in numbers)
            and operation in (None, exchange.operation)
            and status in (None, exchange.status)
        ]
        shown = fitting(exchange_json(exchange, mask, body_start=body_start) for exchange in chosen)
        rest = chosen[len(shown) :]
        next_start = rest[0].number if rest else None
        return answer_text({"exchanges": shown, "count": len(chosen), "next_start": next_start})

    def world(self, scenario: str | None = None, remove: str | None = None) -> str:
        """Makes a world on a mock of this server, for a worker that you start yourself. Or removes a world.

        scenario: what happens in the world: the name of a scenario, or the path of a file. Without it, the
            world has three servers and 275 tasks, and no rules.
        remove: the name of a world to remove.

        The answer has the name of the world and the environment variables for the worker. There are at most
        20 worlds at one time. They end with this server.
        """
        if remove is not None:
            self._state.remove_world(remove)
            return answer_text({"removed": remove})
        return answer_text(self._state.add_world(None if scenario is None else library.find(scenario)))

    def faults(
        self,
        kind: Annotated[str | None, Field(description="Explains this kind of fault.")] = None,
        world: Annotated[str | None, Field(description="The world to look at or to change.")] = None,
        add: Annotated[
            dict[str, Any] | None,
            Field(description='A fault for the world: {"fault": "status", "status": 503, "nth": 2}.'),
        ] = None,
        clear: Annotated[bool, Field(description="Removes all faults of the world.")] = False,
    ) -> str:
        """Lists the kinds of faults, explains one, or adds and removes faults of a world.

        Without arguments, lists the kinds. An answer has at most 12,000 characters.
        """
        if world is not None:
            return answer_text({"world": world, "faults": self._changed_faults(world, add, clear=clear)})
        if kind is None:
            return answer_text({"kinds": {name: _sentence(fault) for name, fault in FAULTS.items()}})
        schemas = fault_schemas()
        if kind not in schemas["kinds"]:
            raise UnknownNameError(f"there is no fault {kind}; there are {', '.join(schemas['kinds'])}")
        used = {
            name: found
            for name, found in schemas["definitions"].items()
            if name in str(schemas["kinds"][kind])
        }
        return answer_text({"kind": kind, "parameters": schemas["kinds"][kind], "definitions": used})

    def spec(
        self,
        operation: Annotated[str | None, Field(description="The id of an operation.")] = None,
        start: Start = 0,
    ) -> str:
        """The API: a list of its operations, or the OpenAPI document of one operation, as YAML.

        An answer has at most 12,000 characters of text. `next_start` says where to go on.
        """
        operations = worker_api().operations
        if operation is None:
            listed = [
                {"operation": found.id, "request": f"{found.method} {found.path}"}
                for found in operations.values()
            ]
            return answer_text(list_page(listed, start))
        if operation not in operations:
            known = ", ".join(operations)
            raise UnknownNameError(f"there is no operation {operation}; there are {known}")
        return answer_text(text_page(spec_text(operation_spec(operation, Dialect()), "yaml"), start))

    def replay(
        self,
        file: Annotated[str, Field(description="A capsule, a HAR file or another recording.")],
        command: Words = None,
        to_worker: Annotated[
            bool, Field(description="Start the worker, and give it the recorded answers.")
        ] = False,
        time_limit: Duration = "60s",
    ) -> str:
        """Replays a recorded bug: sends its requests to a mock, and compares the answers.

        With `to_worker`, the worker's command is started (see `exec`) and gets the recorded answers; its
        requests are compared. The answer is `reproduced`, or `not reproduced` with the first difference; it
        has at most 10 notes of 1,000 characters.
        """
        capsule = read_recording(Path(file))
        if to_worker:
            summary = self._replay_to_worker(capsule, self._command(command), parse_duration(time_limit))
        else:
            result = mock_replayer(capsule, name=file).replay(capsule)
            summary = replay_summary(capsule, result, None, small=None)
        found = summary_as_json(len(capsule.recorded), summary)
        difference = found["difference"] and {
            name: cut(str(value)) for name, value in found["difference"].items()
        }
        notes = [cut(note) for note in found["notes"][:10]]
        return answer_text(
            {**found, "difference": difference, "notes": notes, "end_of_output": _end(summary)}
        )

    def _command(self, given: Sequence[str] | None) -> list[str]:
        """The command to start. Raises UsageError if there is none, or if another one is fixed."""
        if not self._fixed_command and not given:
            raise UsageError('give the command of the worker: command=["node", "worker.js"]')
        if self._fixed_command and given and tuple(given) != self._fixed_command:
            fixed = " ".join(self._fixed_command)
            raise UsageError(f"this server starts only the command {fixed}: leave out `command`")
        return list(given or self._fixed_command)

    def _run_json(self, trials: Sequence[Trial]) -> Json:
        failed = [trial.verdict.scenario for trial in trials if not trial.verdict.passed]
        causes = trial_causes(trials)
        return {
            "run": self._state.add_run(trials),
            "verdict": "fail" if failed else "pass",
            "scenarios": len(trials),
            "failed": failed[:_MAX_NAMES],
            "failed_count": len(failed),
            "cause_count": len(causes),
            "causes": [
                {
                    "rule": cause.violation.rule,
                    "message": cut(cause.violation.message, 2_000),
                    "scenario": cause.trial.verdict.scenario,
                    "exchanges": first_numbers(cause.violation.exchanges),
                    "fails": [trial.verdict.scenario for trial in cause.trials][:_MAX_NAMES],
                }
                for cause in causes[:_MAX_CAUSES]
            ],
        }

    def _changed_faults(self, name: str, fault: dict[str, Any] | None, *, clear: bool) -> list[Json]:
        state, director = self._state, self._state.director(name)

        def change() -> list[Json]:
            if clear:
                director.world.faults.clear()
            if fault is not None:
                add_described_fault(director.world, fault)
            return fitting(active.as_json() for active in director.world.faults)

        return state.in_mock(change)

    def _replay_to_worker(self, capsule: Capsule, words: Sequence[str], time_limit: float) -> ReplaySummary:
        result = replay_to_worker(capsule, words, time_limit=time_limit)
        return summary_of_worker_replay(result, notes=capsule_notes(capsule), in_order=False)


async def _run_all(
    runs: Sequence[Callable[..., Trial]], jobs: int, context: Context[Any, Any]
) -> list[Trial]:
    """Does the runs in parallel, and reports progress. If the agent cancels the call, all are stopped."""
    stop, limiter = threading.Event(), anyio.CapacityLimiter(jobs)
    done: dict[int, Trial] = {}

    async def run(index: int) -> None:
        with suppress(RunStoppedError):
            done[index] = await anyio.to_thread.run_sync(
                partial(runs[index], stop=stop), limiter=limiter, abandon_on_cancel=True
            )
            await context.report_progress(len(done), len(runs), done[index].verdict.scenario)

    try:
        async with anyio.create_task_group() as group:
            for index in range(len(runs)):
                group.start_soon(run, index)
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from None
    finally:
        stop.set()
    return [done[index] for index in sorted(done)]


def _save(folder: CapsuleFolder, trial: Trial) -> str:
    assert trial.capsule is not None
    return folder.save(trial.verdict.scenario, trial.capsule)


def _end(summary: ReplaySummary) -> str:
    return (summary.output or "")[-1_000:]


def _sentence(fault: type[Any]) -> str:
    return (fault.__doc__ or "").strip().partition("\n")[0]
