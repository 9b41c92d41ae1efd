"""A whole world as JSON, and back: what was restored answers the same requests with the same bytes."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import asdict, fields
from typing import Any, TypeVar

from workerkit.mockserver.world.active_fault import ActiveFault
from workerkit.mockserver.world.entities import Account, CustomerRequest, LogEntry, Server, Task
from workerkit.mockserver.world.randomness import Chance
from workerkit.mockserver.world.refusal import InvalidRequestError, RefusalError
from workerkit.mockserver.world.world import World
from workerkit.mockserver.world.world_mask import mask_of
from workerkit.mockserver.worlds.add_fault import add_described_fault
from workerkit.mockserver.worlds.director import Director
from workerkit.openapi.exchange import Exchange, Headers
from workerkit.openapi.formats.strict_json import render
from workerkit.openapi.masking.mask import Mask
from workerkit.openapi.spec.api import Api, api_of
from workerkit.openapi.spec.dialect import UnknownChoiceError, dialect_of
from workerkit.scenarios.fields.vocabulary import documented
from workerkit.scenarios.library import library
from workerkit.scenarios.model.plot import PlotProgress
from workerkit.scenarios.model.scenario import Scenario
from workerkit.scenarios.run_record.change import Change
from workerkit.scenarios.run_record.run import Event

Json = dict[str, Any]
T = TypeVar("T")
_FORMAT = 1
_TIMES = ("created_at", "started_at", "completed_at", "heartbeat_at", "active_since", "at")
_WHOLE = ("place", "retry_count", "max_retries", "created_links", "after")


def snapshot(director: Director) -> Json:
    """A world as JSON, with its secrets; times are in seconds since 1970.

    The journal is in it as the control plane shows it: without secrets. Of standing faults the old pages that
    some remember are not: a fault that answers with those begins anew. A clock that runs stands in the
    snapshot, and runs on from its first reading after a restore.
    """
    world, clock, mask = director.world, director.world.clock, mask_of(director.world)
    return {
        "format": _FORMAT,
        "world": world.name,
        "dialect": dict(world.dialect),
        "clock": {"begin": clock.begin, "at": clock.glance(), "frozen": clock.is_frozen},
        "chance": world.chance.written(),
        "mischief": world.mischief.written(),
        "servers": [_plain(server) for server in world.servers.values()],
        "requests": [_plain(request) for request in world.requests.values()],
        "accounts": [_plain(account) for account in world.accounts.values()],
        "tasks": [_plain(task) for task in world.tasks.values()],
        "logs": [_plain(log) for log in world.logs],
        "past": [_plain(each) for each in world.past],
        "faults": [_written_fault(fault) for fault in world.faults],
        "exchanges": world.journal.count,
        "journal": [_kept(mask, exchange) for exchange in world.journal],
        **world.bookkeeping(),
        "story": _story(director),
    }


def restored(director: Director, taken: Json) -> Director:
    """A director of the world that a snapshot shows, to take the place of another, which stays as it is.

    The snapshot has the form that the spec gives it. Raises Invalid, which says where, for one that does not
    fit together.
    """
    world = _bare_world(director.world, taken)
    _fill(world, taken)
    _check_bookkeeping(world, taken)
    world.resume(keys=taken["keys"], counted=taken["counted"], last_place=int(taken["last_place"]))
    world.past.extend(_read(Change, each) for each in taken["past"])
    world.journal.resume(int(taken["exchanges"]), _journal(taken))
    _disturb(world, taken["faults"])
    return _storyteller(director, world, taken["story"])


def _plain(entity: Any) -> Json:
    """An entity's own fields; requests and accounts by their ids."""
    values = ((each.name, getattr(entity, each.name)) for each in fields(entity))
    return {
        name: value.id if isinstance(value, CustomerRequest | Account) else value for name, value in values
    }


def _kept(mask: Mask, exchange: Exchange) -> Json:
    return {**mask.exchange(exchange), "began": exchange.began, "ended": exchange.ended}


def _read(shape: Callable[..., T], written: Json, **others: Any) -> T:
    times = {name: _time(written[name]) for name in _TIMES if name in written}
    whole = {name: int(written[name]) for name in _WHOLE if name in written}
    return shape(**{**written, **times, **whole, **others})


def _time(written: float | None) -> float | None:
    return None if written is None else float(written)


def _written_fault(fault: ActiveFault) -> Json:
    told = {name: getattr(fault, name) for name in ("since", "calls", "strikes")}
    return {"fault": fault.planned.written(), **told}


def _story(director: Director) -> Json | None:
    """The scenario and how far it has come."""
    if director.scenario is None:
        return None
    progress = director.plot.progress
    return {
        "scenario": director.scenario.name,
        "began": progress.began,
        "calls": dict(progress.calls),
        "happened": [{"happening": index, "at": at} for index, at in progress.happened.items()],
        "met": [{"happening": index, "times": times} for index, times in progress.met.items()],
        "groups": {name: list(ids) for name, ids in director.groups.items()},
        "events": [asdict(event) for event in director.events],
    }


# Reading


def _bare_world(old: World, taken: Json) -> World:
    if taken["format"] != _FORMAT:
        raise InvalidRequestError(f"body/format: only format {_FORMAT} can be read")
    told = taken["clock"]
    clock = old.clock.another(float(told["begin"]), at=float(told["at"]), frozen=told["frozen"])
    world = World(old.name, clock, _chance(taken, "chance"), _api(old, taken["dialect"]))
    world.mischief = _chance(taken, "mischief")
    return world


def _chance(taken: Json, name: str) -> Chance:
    try:
        return Chance.read(taken[name])
    except ValueError as error:
        raise InvalidRequestError(f"body/{name}/state: {error}") from None


def _api(old: World, choices: Mapping[str, str]) -> Api:
    try:
        return api_of(old.api.source, dialect_of(choices))
    except UnknownChoiceError as error:
        raise InvalidRequestError(f"body/dialect: {error}") from None


def _fill(world: World, taken: Json) -> None:
    for name, key in (("servers", "name"), ("servers", "id"), ("requests", "id"), ("accounts", "id")):
        _check_single(taken[name], f"body/{name}", key)
    for name in ("id", "place"):
        _check_single(taken["tasks"], "body/tasks", name)
    for index, each in enumerate(taken["servers"]):
        _add_server(world, each, f"body/servers/{index}")
    for each in taken["requests"]:
        world.add_request(_read(CustomerRequest, each))
    for each in taken["accounts"]:
        world.add_account(_read(Account, each))
    for index, each in enumerate(taken["tasks"]):
        _add_task(world, each, f"body/tasks/{index}")
    world.logs.extend(_read(LogEntry, log) for log in taken["logs"])


def _check_single(entities: Iterable[Json], place: str, name: str) -> None:
    seen = set[Hashable]()
    for index, each in enumerate(entities):
        if each[name] in seen:
            raise InvalidRequestError(f"{place}/{index}/{name}: {each[name]} stands there twice")
        seen.add(each[name])


def _add_server(world: World, written: Json, place: str) -> None:
    known = documented().server_statuses
    if written["status"] not in known:
        raise InvalidRequestError(
            f"{place}/status: {written['status']} is no status; there are {', '.join(known)}"
        )
    world.take_server(_read(Server, written))


def _add_task(world: World, written: Json, place: str) -> None:
    found = {
        "request": _known(world.requests, written["request"], f"{place}/request"),
        "account": _known(world.accounts, written["account"], f"{place}/account"),
    }
    _known(world.servers, written["server"], f"{place}/server")
    world.add_task(_read(Task, written, **found))


def _known(entities: Mapping[str, T], name: str, place: str) -> T:
    if name not in entities:
        raise InvalidRequestError(f"{place}: there is no {name} in the snapshot")
    return entities[name]


def _check_bookkeeping(world: World, taken: Json) -> None:
    for owner in taken["keys"].values():  # which key it is would be told with the place
        _known(world.servers, owner, "body/keys")
    for index, server in enumerate(world.servers.values()):
        if any(taken["keys"].get(key) != server.name for key in server.keys):
            raise InvalidRequestError(
                f"body/servers/{index}/keys: one of them is not {server.name}'s in body/keys"
            )
    for index, task_id in enumerate(taken["counted"]):
        _known(world.tasks, task_id, f"body/counted/{index}")
    places, last = [task.place for task in world.tasks.values()], int(taken["last_place"])
    if places and not (last >= max(places) if _grows(world) else last <= min(places)):
        raise InvalidRequestError("body/last_place: a task has a place beyond it")


def _grows(world: World) -> bool:
    return world.dialect["list-order"] == "oldest-first"


def _journal(taken: Json) -> list[Exchange]:
    kept, count = [_exchange(each) for each in taken["journal"]], int(taken["exchanges"])
    for index, exchange in enumerate(kept):
        if exchange.number != count - len(kept) + 1 + index:
            raise InvalidRequestError(
                f"body/journal/{index}/number: the last one is {count}, and none is left out"
            )
    return kept


def _exchange(kept: Json) -> Exchange:
    request, answer = kept["request"], kept["answer"]
    return Exchange(
        number=int(kept["number"]),
        operation=kept["operation"],
        server=kept["server"],
        method=kept["method"],
        path=kept["path"],
        query=kept["query"],
        request_headers=_pairs(request),
        request_body=_body(request),
        status=None if kept["status"] is None else int(kept["status"]),
        answer_headers=_pairs(answer),
        answer_body=_body(answer),
        began=float(kept["began"]),
        ended=float(kept["ended"]),
        why=kept["why"],
    )


def _pairs(message: Json) -> Headers:
    return tuple((name, text) for name, text in message["headers"])


def _body(message: Json) -> bytes:
    body = message["body"]
    if body is None:
        return b""
    return body.encode("utf-8", "surrogatepass") if isinstance(body, str) else render(body)


def _disturb(world: World, faults: list[Json]) -> None:
    for index, each in enumerate(faults):
        try:
            fault = add_described_fault(world, each["fault"])
        except RefusalError as error:
            raise InvalidRequestError(error.why.replace("body", f"body/faults/{index}/fault", 1)) from None
        fault.since, fault.calls, fault.strikes = (
            float(each["since"]),
            int(each["calls"]),
            int(each["strikes"]),
        )


def _storyteller(old: Director, world: World, story: Json | None) -> Director:
    if story is None:
        return Director(world)
    scenario = _scenario(old, story["scenario"])
    happened = {int(each["happening"]): float(each["at"]) for each in story["happened"]}
    met = {int(each["happening"]): int(each["times"]) for each in story["met"]}
    for name, indices in (("happened", happened), ("met", met)):
        if any(index >= len(scenario.when) for index in indices):
            raise InvalidRequestError(
                f"body/story/{name}: {scenario.name} has {len(scenario.when)} happenings, from 0"
            )
    for name, ids in story["groups"].items():
        for index, task_id in enumerate(ids):
            _known(world.tasks, task_id, f"body/story/groups/{name}/{index}")
    director = Director(world, scenario, story["groups"])
    calls = {operation: int(count) for operation, count in story["calls"].items()}
    director.plot.resume(PlotProgress(float(story["began"]), calls, happened, met))
    director.events.extend(Event(float(e["time"]), e["kind"], e["subject"]) for e in story["events"])
    return director


def _scenario(old: Director, name: str) -> Scenario:
    if old.scenario is not None and old.scenario.name == name:
        return old.scenario
    if name not in library.names():
        raise InvalidRequestError(f"body/story/scenario: there is no scenario {name} in the library")
    return library.find(name)
