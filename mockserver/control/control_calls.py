"""What each call of the control plane does, one function a call. Refused means unchanged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from workerkit.mockserver.control.verify import verify, wanted_of
from workerkit.mockserver.observers.event_stream import Events, EventStream
from workerkit.mockserver.world.entities import Server
from workerkit.mockserver.world.new_task import create_task
from workerkit.mockserver.world.refusal import ConflictError, InvalidRequestError, NotFoundError
from workerkit.mockserver.world.world import World
from workerkit.mockserver.world.world_mask import mask_of
from workerkit.mockserver.worlds.add_fault import add_described_fault
from workerkit.mockserver.worlds.director import Director
from workerkit.mockserver.worlds.run_builder import run_of
from workerkit.mockserver.worlds.snapshot import restored, snapshot
from workerkit.mockserver.worlds.world_builder import WorldBuilder, WorldLacksError
from workerkit.mockserver.worlds.worlds import KeyTakenError, Worlds
from workerkit.openapi.formats.strict_json import render
from workerkit.openapi.formats.timestamp import read_time, written
from workerkit.openapi.formats.yaml_nodes import InvalidInputError, closest
from workerkit.openapi.spec.dialect import Dialect, UnknownChoiceError, dialect_of
from workerkit.openapi.spec.operation import Call
from workerkit.scenarios.fields.duration import seconds
from workerkit.scenarios.fields.vocabulary import documented
from workerkit.scenarios.library import library
from workerkit.scenarios.loading.loader import parse, parse_world
from workerkit.scenarios.model.scenario import Scenario
from workerkit.scenarios.model.world_plan import WorldPlan
from workerkit.scenarios.rules.judge import judge

Json = dict[str, Any]
_BY = "the control plane"


@dataclass(frozen=True, slots=True)
class ControlRequest:
    """A call of the control plane. `base_url` is the Worker API's, under the name that the caller used."""

    worlds: Worlds
    events: Events
    call: Call
    base_url: str

    @property
    def parameters(self) -> Json:
        return self.call.parameters

    @property
    def body(self) -> Json:
        return dict(self.call.body)

    @property
    def name(self) -> str:
        return str(self.parameters["world"])

    @property
    def director(self) -> Director:
        """The director of the world asked for; raises NotFound."""
        names = self.worlds.names()
        if self.name not in names:
            raise NotFoundError(f"there is no world {self.name}; there are {', '.join(names) or 'none'}")
        return self.worlds.director(self.name)

    @property
    def world(self) -> World:
        """The world asked for; raises NotFound."""
        return self.director.world


def get_health(asked: ControlRequest) -> tuple[int, Json]:
    return 200, {"status": "ok", "worlds": list(asked.worlds.names())}


def create_world(asked: ControlRequest) -> tuple[int, Json]:
    body = asked.body
    builder = WorldBuilder(
        _scenario(body.get("scenario")),
        _world_plan(body.get("world")),
        body.get("seed"),
        _dialect(body.get("dialect", {})),
    )
    try:
        director = asked.worlds.add(asked.worlds.new_name(), builder)
    except KeyTakenError as error:
        raise ConflictError(str(error)) from None
    except WorldLacksError as error:
        raise InvalidRequestError(f"body/world: {error}") from None
    world = director.world
    return 201, {"world": world.name, "base_url": asked.base_url, "servers": server_keys(world)}


def get_world(asked: ControlRequest) -> tuple[int, Json]:
    world, scenario = asked.world, asked.director.scenario
    return 200, {
        "world": world.name,
        "scenario": scenario.name if scenario else None,
        "dialect": dict(world.dialect),
        "time": written(world.clock.now()),
        "servers": _shown(world.servers.values()),
        "tasks": _shown(world.tasks.values()),
        "requests": _shown(world.requests.values()),
        "accounts": _shown(world.accounts.values()),
        "logs": _shown(world.logs),
        "faults": _shown(world.faults),
        "exchanges": world.journal.count,
    }


def delete_world(asked: ControlRequest) -> tuple[int, Json]:
    name = asked.world.name
    asked.worlds.remove(name)
    return 200, {"deleted": name}


def reset_world(asked: ControlRequest) -> tuple[int, Json]:
    try:
        world = asked.worlds.reset(asked.world.name)
    except KeyTakenError as error:
        raise ConflictError(str(error)) from None
    return 200, {"world": world.name, "servers": server_keys(world)}


def set_clock(asked: ControlRequest) -> tuple[int, Json]:
    clock = asked.world.clock
    try:
        if "advance" in asked.body:
            clock.advance(seconds(asked.body["advance"]))
        else:
            clock.freeze(read_time(asked.body["freeze"]))
    except ValueError as error:
        raise InvalidRequestError(f"body: {error}") from None
    return 200, {"time": written(clock.now())}


def get_tasks(asked: ControlRequest) -> tuple[int, Json]:
    server, statuses = asked.parameters["server"], asked.parameters["status"]
    chosen = [
        task
        for task in asked.world.tasks.values()
        if server in (None, task.server) and (statuses is None or task.status in statuses)
    ]
    return 200, {"tasks": _shown(chosen)}


def add_tasks(asked: ControlRequest) -> tuple[int, Json]:
    fields = asked.body
    count = int(fields.pop("count", 1))
    if count > 1 and "id" in fields:
        raise InvalidRequestError(
            "body/id: one id is not enough for several tasks: leave it out, or add them one by one"
        )
    return 201, {"tasks": _shown([create_task(asked.world, fields) for _ in range(count)])}


def change_task(asked: ControlRequest) -> tuple[int, Json]:
    world, fields = asked.world, asked.body
    task = world.task(asked.parameters["id"])
    if "server" in fields:
        world.reassign(task, world.server(fields["server"]), by=_BY)
    world.change_task(task, fields)
    return 200, task.as_json()


def get_servers(asked: ControlRequest) -> tuple[int, Json]:
    return 200, {"servers": _shown(asked.world.servers.values())}


def change_server(asked: ControlRequest) -> tuple[int, Json]:
    world, fields = asked.world, asked.body
    server = world.server(asked.parameters["name"])
    status = _status(fields.get("status", server.status))
    if "api_key" in fields:
        _change_key(asked, server, fields["api_key"])
    world.set_server_status(server, status, by=_BY)
    world.revoke(server, revoked=fields.get("revoked", server.revoked), by=_BY)
    return 200, server.as_json()


def get_requests(asked: ControlRequest) -> tuple[int, Json]:
    return 200, {"requests": _shown(asked.world.requests.values())}


def get_accounts(asked: ControlRequest) -> tuple[int, Json]:
    return 200, {"accounts": _shown(asked.world.accounts.values())}


def get_logs(asked: ControlRequest) -> tuple[int, Json]:
    return 200, {"logs": _shown(asked.world.logs)}


def get_faults(asked: ControlRequest) -> tuple[int, Json]:
    return 200, {"faults": _shown(asked.world.faults)}


def add_fault(asked: ControlRequest) -> tuple[int, Json]:
    return 201, add_described_fault(asked.world, asked.body).as_json()


def clear_faults(asked: ControlRequest) -> tuple[int, Json]:
    faults = asked.world.faults
    cleared = len(faults)
    faults.clear()
    return 200, {"cleared": cleared}


def get_verdict(asked: ControlRequest) -> tuple[int, Json]:
    director, mask = asked.director, mask_of(asked.world)
    if director.scenario is None:
        raise NotFoundError(f"the world {asked.name} has no scenario to judge by")
    verdict = judge(run_of(director, "until", None))
    broken = [
        {"rule": each.rule, "message": mask.text(each.message), "exchanges": list(each.exchanges)}
        for each in verdict.broken
    ]
    word = "pass" if verdict.passed else "fail"
    return 200, {"scenario": verdict.scenario, "verdict": word, "broken": broken}


def get_journal(asked: ControlRequest) -> tuple[int, Json]:
    world, wanted = asked.world, asked.parameters
    mask = mask_of(world)
    exchanges = [
        mask.exchange(exchange)
        for exchange in world.journal
        if exchange.number > wanted["after"]
        and wanted["operation"] in (None, exchange.operation)
        and wanted["status"] in (None, exchange.status)
    ]
    return 200, {"exchanges": exchanges, "dropped": world.journal.dropped}


def verify_calls(asked: ControlRequest) -> tuple[int, Json]:
    world = asked.world
    return 200, verify(world, wanted_of(asked.body)).masked(mask_of(world))


def take_snapshot(asked: ControlRequest) -> tuple[int, Json]:
    return 200, snapshot(asked.director)


def restore_world(asked: ControlRequest) -> tuple[int, Json]:
    director = restored(asked.director, asked.body)
    try:
        asked.worlds.restore(asked.name, director)
    except KeyTakenError as error:
        raise ConflictError(str(error)) from None
    return 200, {"world": asked.name, "servers": server_keys(director.world)}


def get_events(asked: ControlRequest) -> EventStream:
    name = asked.parameters["world"]
    return EventStream(asked.events, None if name is None else asked.world.name)


CONTROL_CALLS: dict[str, Callable[[ControlRequest], tuple[int, Json]]] = {
    "getHealth": get_health,
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
    "verifyCalls": verify_calls,
    "takeSnapshot": take_snapshot,
    "restoreWorld": restore_world,
}

CONTROL_STREAMS: dict[str, Callable[[ControlRequest], EventStream]] = {"getEvents": get_events}


def server_keys(world: World) -> list[Json]:
    """The servers of a world with the key and the status of each, as tests need them to begin."""
    names = ("name", "api_key", "status")
    return [{name: server.as_json()[name] for name in names} for server in world.servers.values()]


def _shown(entities: Any) -> list[Json]:
    return [entity.as_json() for entity in entities]


def _scenario(asked: str | Json | None) -> Scenario | None:
    if asked is None or isinstance(asked, str):
        return _from_library(asked)
    try:
        return parse(render(asked), name="body/scenario")
    except InvalidInputError as error:
        raise InvalidRequestError(str(error)) from None


def _from_library(name: str | None) -> Scenario | None:
    if name is None:
        return None
    if name not in library.names():
        raise NotFoundError(f"there is no scenario {name} in the library{closest(name, library.names())}")
    return library.find(name)


def _world_plan(world: Json | None) -> WorldPlan | None:
    try:
        return None if world is None else parse_world(render(world), name="body/world")
    except InvalidInputError as error:
        raise InvalidRequestError(str(error)) from None


def _dialect(choices: dict[str, str]) -> Dialect:
    try:
        return dialect_of(choices)
    except UnknownChoiceError as error:
        raise InvalidRequestError(f"body/dialect: {error}") from None


def _status(status: str) -> str:
    known = documented().server_statuses
    if status not in known:
        raise InvalidRequestError(
            f"body/status: {status} is no status of a server; there are {', '.join(known)}"
        )
    return status


def _change_key(asked: ControlRequest, server: Server, key: str) -> None:
    owner = asked.world.key_owner(key)
    if owner not in (None, server.name):
        raise ConflictError(f"the API key belongs to {owner}")
    try:
        asked.worlds.key_added(asked.name, key)
    except KeyTakenError as error:
        raise ConflictError(str(error)) from None
    asked.world.exchange_key(server, key, by=_BY)
