"""The calls of the control plane, one function for each. A refused call changes nothing.

In the answer of a call, a long list is an iterator, as `json_parts` expects it. It returns what was true at
the time of the call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from workerkit.mockserver.capsules.capture.capture import capture_exchanges_in_steps
from workerkit.mockserver.capsules.file.writer import capsule_text_in_steps
from workerkit.mockserver.control.near_miss import near_miss_of
from workerkit.mockserver.control.scenario_state import scenario_state
from workerkit.mockserver.control.verify import expected_calls_of, verify_in_steps
from workerkit.mockserver.metrics.request_figures import RequestFigures
from workerkit.mockserver.observers.event_stream import EventPublisher, EventStream
from workerkit.mockserver.world.entities import Server, Task
from workerkit.mockserver.world.journal import JournalNote, as_exchange
from workerkit.mockserver.world.new_task import create_task
from workerkit.mockserver.world.refusal import (
    ConflictError,
    InvalidRequestError,
    NoRoomError,
    NotFoundError,
)
from workerkit.mockserver.world.world import World
from workerkit.mockserver.world.world_mask import mask_of
from workerkit.mockserver.worlds.add_fault import add_described_fault
from workerkit.mockserver.worlds.director import Director
from workerkit.mockserver.worlds.key_prefixes import KeyTakenError
from workerkit.mockserver.worlds.own_port import OwnPortNeededError, check_shares_port
from workerkit.mockserver.worlds.run_builder import build_run
from workerkit.mockserver.worlds.snapshot import director_from_snapshot_in_steps, lazy_snapshot_of
from workerkit.mockserver.worlds.worker_control import WorkerNeededError, check_needs_no_worker
from workerkit.mockserver.worlds.world_builder import MissingEntityError, RepeatedKeyError, WorldBuilder
from workerkit.mockserver.worlds.worlds import NameTakenError, TooManyWorldsError, Worlds
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.formats.steps import Steps
from workerkit.openapi.formats.strict_json import render
from workerkit.openapi.formats.timestamp import read_time, time_text
from workerkit.openapi.formats.yaml_nodes import InvalidInputError, did_you_mean
from workerkit.openapi.masking.mask import Mask
from workerkit.openapi.spec.dialect import Dialect, UnknownChoiceError, dialect_of
from workerkit.openapi.spec.operation import Call
from workerkit.scenarios.fields.duration import parse_duration
from workerkit.scenarios.fields.vocabulary import api_vocabulary
from workerkit.scenarios.library import library
from workerkit.scenarios.loading.editor_schema import fault_schemas
from workerkit.scenarios.loading.loader import parse, parse_world
from workerkit.scenarios.model.scenario import Scenario
from workerkit.scenarios.model.world_plan import WorldPlan
from workerkit.scenarios.rules.judge import judge_in_steps

Json = dict[str, Any]
_MAX_NAMES = 10
_CHANGED_BY = "the control plane"


@dataclass(frozen=True, slots=True)
class ControlRequest:
    """A request to the control plane.

    worlds: the worlds of the mock.
    events: publishes the events of the worlds.
    figures: the figures of the Worker API.
    call: the parsed request.
    base_url: the base URL of the Worker API, with the host of the request's Host header.
    """

    worlds: Worlds
    events: EventPublisher
    figures: RequestFigures
    call: Call
    base_url: str

    @property
    def parameters(self) -> Json:
        """The path and query parameters."""
        return self.call.parameters

    @property
    def body(self) -> Json:
        """A copy of the JSON body."""
        return dict(self.call.body)

    @property
    def world_name(self) -> str:
        """The name of the world in the path."""
        return str(self.parameters["world"])

    @property
    def director(self) -> Director:
        """The `Director` of the world in the path: the world with its scenario. Raises NotFoundError."""
        director = self.worlds.use(self.world_name)
        if director is None:
            raise NotFoundError(f"there is no world {self.world_name}; there are {self._world_names()}")
        return director

    @property
    def world(self) -> World:
        """The world in the path. Raises NotFoundError."""
        return self.director.world

    def _world_names(self) -> str:
        names = self.worlds.names()
        more = f" and {len(names) - _MAX_NAMES} more" if len(names) > _MAX_NAMES else ""
        return (", ".join(names[:_MAX_NAMES]) or "none") + more


def get_health(request: ControlRequest) -> tuple[int, Json]:
    """Returns the status `ok` and the names of the worlds."""
    return 200, {"status": "ok", "worlds": list(request.worlds.names())}


def list_worlds(request: ControlRequest) -> tuple[int, Json]:
    """Returns the name, URL and keys of each world."""
    return 200, {"worlds": (_world_with_keys(world, request) for world in request.worlds.all())}


def list_scenarios(request: ControlRequest) -> tuple[int, Json]:
    """Returns the scenarios of the library that a world of a running mock can have."""
    scenarios = (library.find(name) for name in library.names())
    return 200, {
        "scenarios": [
            {"name": scenario.name, "title": scenario.title}
            for scenario in scenarios
            if _can_share_the_mock(scenario)
        ]
    }


def list_fault_kinds(request: ControlRequest) -> tuple[int, Json]:
    """Returns the kinds of faults, each with the JSON Schema of its parameters."""
    return 200, fault_schemas()


def create_world(request: ControlRequest) -> Steps[tuple[int, Json]]:
    """Adds a world, for example with a scenario from the library. Returns its name, URL and keys."""
    body = request.body
    name = body.get("name") or request.worlds.new_name()
    builder = WorldBuilder(
        _outside_a_trial(_scenario(body.get("scenario")), "body/scenario"),
        _world_plan(body.get("world")),
        body.get("seed"),
        _dialect(body.get("dialect", {})),
        key_prefix=body.get("key_prefix", ""),
    )
    try:
        director = yield from request.worlds.add_in_steps(name, builder)
    except (NameTakenError, KeyTakenError) as error:
        raise ConflictError(str(error)) from None
    except (MissingEntityError, RepeatedKeyError) as error:
        raise InvalidRequestError(f"body/world: {error}") from None
    except TooManyWorldsError as error:
        why = f"{error}. Delete worlds that are not needed, or start the mock with a higher --most-worlds"
        raise NoRoomError(why) from None
    return 201, _world_with_keys(director.world, request)


def get_world(request: ControlRequest) -> tuple[int, Json]:
    """Returns the state of a world, with the number of its exchanges but not the exchanges."""
    world, scenario = request.world, request.director.scenario
    return 200, {
        "world": world.name,
        "scenario": scenario.name if scenario else None,
        "dialect": dict(world.dialect),
        "time": time_text(world.clock.peek()),
        "servers": _as_json(world.servers.values()),
        "tasks": (task.as_json() for task in world.tasks_now()),
        "requests": _as_json(world.requests.values()),
        "accounts": _as_json(world.accounts.values()),
        "logs": (entry.as_json() for entry in tuple(world.logs)),
        "faults": _as_json(world.faults),
        "exchanges": world.journal.count,
    }


def delete_world(request: ControlRequest) -> tuple[int, Json]:
    """Removes a world."""
    name = request.world.name
    request.worlds.remove(name)
    return 200, {"deleted": name}


def reset_world(request: ControlRequest) -> Steps[tuple[int, Json]]:
    """Builds the world again as it was at its start. Until then the old world answers requests."""
    try:
        world = yield from request.worlds.reset_in_steps(request.world.name)
    except KeyError:
        raise _removed(request) from None
    except KeyTakenError as error:
        raise ConflictError(str(error)) from None
    return 200, {"world": world.name, "servers": servers_with_keys(world)}


def set_clock(request: ControlRequest) -> tuple[int, Json]:
    """Moves the clock of a world forward, stops it at a time, or lets it go on."""
    clock = request.world.clock
    try:
        if "advance" in request.body:
            clock.advance(parse_duration(request.body["advance"]))
        elif "run" in request.body:
            clock.run()
        else:
            clock.freeze(read_time(request.body["freeze"]))
    except ValueError as error:
        raise InvalidRequestError(f"body: {error}") from None
    return 200, {"time": time_text(clock.now())}


def get_tasks(request: ControlRequest) -> tuple[int, Json]:
    """Returns the tasks, filtered by server and status."""
    server, statuses = request.parameters["server"], request.parameters["status"]
    chosen = (
        task.as_json()
        if server in (None, task.server) and (statuses is None or task.status in statuses)
        else None
        for task in request.world.tasks_now()
    )
    return 200, {"tasks": chosen}


def add_tasks(request: ControlRequest) -> Steps[tuple[int, Json]]:
    """Adds one or more tasks with the same fields."""
    world, fields, tasks = request.world, request.body, list[Task]()
    count = int(fields.pop("count", 1))
    if count > 1 and "id" in fields:
        raise InvalidRequestError(
            "body/id: several tasks cannot have the same id; leave the id out, or add the tasks one by one"
        )
    for _ in range(count):
        yield
        tasks.append(create_task(world, fields))
    return 201, {"tasks": (task.as_json() for task in tasks)}


def change_task(request: ControlRequest) -> tuple[int, Json]:
    """Changes fields of a task."""
    world, fields = request.world, request.body
    task = world.task(request.parameters["id"])
    if "server" in fields:
        world.reassign(task, world.server(fields["server"]), by=_CHANGED_BY)
    world.change_task(task, fields)
    return 200, task.as_json()


def get_servers(request: ControlRequest) -> tuple[int, Json]:
    """Returns the servers."""
    return 200, {"servers": _as_json(request.world.servers.values())}


def change_server(request: ControlRequest) -> tuple[int, Json]:
    """Changes the status or the API key of a server, or revokes its keys."""
    world, fields = request.world, request.body
    server = world.server(request.parameters["name"])
    status = _status(fields.get("status", server.status))
    if "api_key" in fields:
        _change_key(request, server, fields["api_key"])
    world.set_server_status(server, status, by=_CHANGED_BY)
    world.key_ring.set_revoked(server, revoked=fields.get("revoked", server.revoked), by=_CHANGED_BY)
    return 200, server.as_json()


def get_requests(request: ControlRequest) -> tuple[int, Json]:
    """Returns the customer's requests."""
    return 200, {"requests": _as_json(request.world.requests.values())}


def get_accounts(request: ControlRequest) -> tuple[int, Json]:
    """Returns the accounts."""
    return 200, {"accounts": _as_json(request.world.accounts.values())}


def get_logs(request: ControlRequest) -> tuple[int, Json]:
    """Returns the log entries that workers sent."""
    return 200, {"logs": (entry.as_json() for entry in tuple(request.world.logs))}


def get_faults(request: ControlRequest) -> tuple[int, Json]:
    """Returns the active faults."""
    return 200, {"faults": _as_json(request.world.faults)}


def add_fault(request: ControlRequest) -> tuple[int, Json]:
    """Adds a fault."""
    return 201, add_described_fault(request.world, request.body).as_json()


def clear_faults(request: ControlRequest) -> tuple[int, Json]:
    """Removes all faults."""
    faults = request.world.faults
    cleared = len(faults)
    faults.clear()
    return 200, {"cleared": cleared}


def get_verdict(request: ControlRequest) -> Steps[tuple[int, Json]]:
    """Judges the exchanges so far by the rules of the scenario."""
    director, mask = request.director, mask_of(request.world)
    if director.scenario is None:
        raise NotFoundError(f"the world {request.world_name} has no scenario, so there is no verdict")
    verdict = yield from judge_in_steps(build_run(director, "until", None))
    return 200, {
        "scenario": verdict.scenario,
        "verdict": "pass" if verdict.passed else "fail",
        "broken": (
            {
                "rule": violation.rule,
                "message": mask.text(violation.message),
                "exchanges": list(violation.exchanges),
            }
            for violation in verdict.broken
        ),
        "not_judged": [{"rule": rule.rule, "why": mask.text(rule.why)} for rule in verdict.not_judged],
    }


def get_journal(request: ControlRequest) -> tuple[int, Json]:
    """Returns the exchanges after a number, filtered by operation and status."""
    world, filters = request.world, request.parameters
    chosen = [
        exchange
        for exchange in world.journal.newest()
        if exchange.number > filters["after"]
        and filters["operation"] in (None, exchange.operation)
        and filters["status"] in (None, exchange.status)
    ]
    return 200, {"exchanges": _masked_exchanges(mask_of(world), chosen), "dropped": world.journal.dropped}


def get_refusal(request: ControlRequest) -> tuple[int, Json]:
    """Says why an exchange of the journal was refused, and which operation and fields are nearest to it."""
    world, number = request.world, request.parameters["number"]
    for entry in world.journal.newest():
        if entry.number == number:
            return 200, near_miss_of(world, as_exchange(entry)).masked(mask_of(world))
    raise NotFoundError(f"the journal of the world {world.name} has no exchange {number}")


def get_scenario(request: ControlRequest) -> tuple[int, Json]:
    """Returns the scenario of a world, what has happened in it, and the state of its rules."""
    director = request.director
    if director.scenario is None:
        raise NotFoundError(f"the world {request.world_name} has no scenario")
    return 200, scenario_state(director, director.scenario)


def get_capsule(request: ControlRequest) -> Steps[tuple[int, Json]]:
    """Returns the exchanges of a world as the text of a capsule file."""
    capsule = yield from capture_exchanges_in_steps(request.world)
    text = yield from capsule_text_in_steps(capsule)
    return 200, {"file": f"{request.world_name}.yaml", "text": text}


def verify_calls(request: ControlRequest) -> Steps[tuple[int, Json]]:
    """Counts the exchanges that match, and compares the number with the expected one."""
    world = request.world
    verification = yield from verify_in_steps(world, expected_calls_of(request.body))
    return 200, verification.masked(mask_of(world))


def take_snapshot(request: ControlRequest) -> tuple[int, Json]:
    """Returns the state of a world, for `restore_world`."""
    return 200, lazy_snapshot_of(request.director)


def restore_world(request: ControlRequest) -> Steps[tuple[int, Json]]:
    """Replaces a world by the state of a snapshot."""
    director = yield from director_from_snapshot_in_steps(request.director, request.body)
    _outside_a_trial(director.scenario, "body/story/scenario")
    _check_same_prefix(request.world, director.world)
    try:
        request.worlds.restore(request.world_name, director)
    except KeyError:
        raise _removed(request) from None
    except KeyTakenError as error:
        raise ConflictError(str(error)) from None
    return 200, {"world": request.world_name, "servers": servers_with_keys(director.world)}


def get_events(request: ControlRequest) -> EventStream:
    """Opens a stream with the events of one world or of all worlds."""
    name = request.parameters["world"]
    return EventStream(request.events, None if name is None else request.world.name)


# A call returns the status and the answer, at once or after some steps.
def get_metrics(request: ControlRequest) -> Response:
    """GET /_mock/metrics: the figures of the mock, in the text format of Prometheus."""
    # Importing the package of Prometheus takes 0.1 s, and most mocks are never asked.
    from workerkit.mockserver.metrics.metrics_text import CONTENT_TYPE_LATEST, metrics_text

    text = metrics_text(request.figures, len(request.worlds.names()))
    return Response(text, media_type=CONTENT_TYPE_LATEST)


CONTROL_CALLS: dict[str, Callable[[ControlRequest], tuple[int, Json] | Steps[tuple[int, Json]]]] = {
    "getHealth": get_health,
    "listWorlds": list_worlds,
    "listScenarios": list_scenarios,
    "listFaultKinds": list_fault_kinds,
    "createWorld": create_world,
    "getWorld": get_world,
    "deleteWorld": delete_world,
    "resetWorld": reset_world,
    "setClock": set_clock,
    "getTasks": get_tasks,
    "addTasks": add_tasks,
    "changeTask": change_task,
    "getServers": get_servers,
    "changeServer": change_server,
    "getRequests": get_requests,
    "getAccounts": get_accounts,
    "getLogs": get_logs,
    "getFaults": get_faults,
    "addFault": add_fault,
    "clearFaults": clear_faults,
    "getVerdict": get_verdict,
    "getJournal": get_journal,
    "getRefusal": get_refusal,
    "getScenario": get_scenario,
    "getCapsule": get_capsule,
    "verifyCalls": verify_calls,
    "takeSnapshot": take_snapshot,
    "restoreWorld": restore_world,
}

# Their answers are not JSON.
CONTROL_STREAMS: dict[str, Callable[[ControlRequest], Response]] = {
    "getEvents": get_events,
    "getMetrics": get_metrics,
}


def servers_with_keys(world: World) -> list[Json]:
    """Returns the name, the API key and the status of each server of a world."""
    names = ("name", "api_key", "status")
    return [{name: server.as_json()[name] for name in names} for server in world.servers.values()]


def _removed(request: ControlRequest) -> NotFoundError:
    return NotFoundError(f"the world {request.world_name} was removed before the call had ended")


def _world_with_keys(world: World, request: ControlRequest) -> Json:
    prefix = {"key_prefix": world.key_ring.prefix} if world.key_ring.prefix else {}
    return {"world": world.name, **prefix, "base_url": request.base_url, "servers": servers_with_keys(world)}


def _masked_exchanges(mask: Mask, kept: Iterable[Exchange | JournalNote]) -> Iterator[Json | None]:
    for entry in kept:
        yield (yield from mask.exchange_in_steps(as_exchange(entry)))


def _as_json(entities: Any) -> list[Json]:
    return [entity.as_json() for entity in entities]


def _scenario(name_or_json: str | Json | None) -> Scenario | None:
    if name_or_json is None or isinstance(name_or_json, str):
        return _from_library(name_or_json)
    try:
        return parse(render(name_or_json), name="body/scenario")
    except InvalidInputError as error:
        raise InvalidRequestError(str(error)) from None


def _outside_a_trial(scenario: Scenario | None, place: str) -> Scenario | None:
    """Returns the scenario. Raises InvalidRequestError if it needs a worker or a port of its own."""
    try:
        check_needs_no_worker(scenario)
        check_shares_port(scenario)
    except (WorkerNeededError, OwnPortNeededError) as error:
        raise InvalidRequestError(f"{place}: {error}") from None
    return scenario


def _can_share_the_mock(scenario: Scenario) -> bool:
    try:
        _outside_a_trial(scenario, "scenario")
    except InvalidRequestError:
        return False
    return True


def _from_library(name: str | None) -> Scenario | None:
    if name is None:
        return None
    if name not in library.names():
        raise NotFoundError(
            f"there is no scenario {name} in the library{did_you_mean(name, library.names())}"
        )
    return library.find(name)


def _world_plan(plan: Json | None) -> WorldPlan | None:
    try:
        return None if plan is None else parse_world(render(plan), name="body/world")
    except InvalidInputError as error:
        raise InvalidRequestError(str(error)) from None


def _dialect(choices: dict[str, str]) -> Dialect:
    try:
        return dialect_of(choices)
    except UnknownChoiceError as error:
        raise InvalidRequestError(f"body/dialect: {error}") from None


def _status(status: str) -> str:
    known = api_vocabulary().server_statuses
    if status not in known:
        raise InvalidRequestError(
            f"body/status: a server has no status {status}; there are {', '.join(known)}"
        )
    return status


def _check_same_prefix(world: World, restored: World) -> None:
    if restored.key_ring.prefix != world.key_ring.prefix:
        raise ConflictError("the keys of the snapshot have another prefix than those of the world")


def _change_key(request: ControlRequest, server: Server, given_key: str) -> None:
    key = request.world.key_ring.full_key(given_key)
    owner = request.world.key_ring.owner(key)
    if owner not in (None, server.name):
        raise ConflictError(f"the API key belongs to {owner}")
    try:
        request.worlds.add_key(request.world_name, key)
    except KeyTakenError as error:
        raise ConflictError(str(error)) from None
    request.world.key_ring.replace_keys(server, key, by=_CHANGED_BY)
