"""Saves a world as JSON and restores it. A restored world gives the same answers to the same requests."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any, TypeVar

from workerkit.mockserver.world.active_fault import ActiveFault
from workerkit.mockserver.world.entities import Account, CustomerRequest, LogEntry, Server, Task
from workerkit.mockserver.world.journal import JournalNote, as_exchange
from workerkit.mockserver.world.randomness import SeededRandom
from workerkit.mockserver.world.refusal import InvalidRequestError, RefusalError
from workerkit.mockserver.world.world import World
from workerkit.mockserver.world.world_mask import mask_of
from workerkit.mockserver.worlds.add_fault import add_described_fault
from workerkit.mockserver.worlds.director import Director
from workerkit.openapi.asked import Asked
from workerkit.openapi.exchange import Exchange, Headers
from workerkit.openapi.formats.json_parts import complete
from workerkit.openapi.formats.steps import Steps, finish
from workerkit.openapi.formats.strict_json import render
from workerkit.openapi.masking.mask import Mask
from workerkit.openapi.spec.api import Api, api_of
from workerkit.openapi.spec.dialect import UnknownChoiceError, dialect_of
from workerkit.scenarios.fields.vocabulary import api_vocabulary
from workerkit.scenarios.library import library
from workerkit.scenarios.model.asked_counter import AskedState
from workerkit.scenarios.model.happening_tracker import TrackerState
from workerkit.scenarios.model.scenario import Scenario
from workerkit.scenarios.run_record.change import Change
from workerkit.scenarios.run_record.run import Event

Json = dict[str, Any]
T = TypeVar("T")
_FORMAT = 1
_FIELDS: dict[type[Any], tuple[str, ...]] = {
    entity: tuple(field.name for field in fields(entity))
    for entity in (Account, Change, CustomerRequest, LogEntry, Server, Task)
}
_RELATED = ("request", "account")
_TIME_FIELDS = ("created_at", "started_at", "completed_at", "heartbeat_at", "active_since", "at")
_INTEGER_FIELDS = ("place", "retry_count", "max_retries", "created_links", "after")


def snapshot_of(director: Director) -> Json:
    """The world of a director as JSON, with its secrets. Times are in seconds since 1970.

    The journal is masked, as in the control plane. The old pages of the fault `stale-page` are not saved. The
    snapshot has the current time of the clock. A restored clock shows this time until the first call of
    `now`. Then it runs, unless it was frozen.
    """
    return complete(lazy_snapshot_of(director))


def lazy_snapshot_of(director: Director, exchanges: Sequence[Exchange | JournalNote] | None = None) -> Json:
    """The same as `snapshot_of`, with iterators for long lists, as `json_parts` expects them.

    The iterators return the state at the time of this call, also while the world changes.

    exchanges: the newest exchanges of the journal, without a gap. None for all exchanges that it keeps.
    """
    world, clock = director.world, director.world.clock
    return {
        "format": _FORMAT,
        "world": world.name,
        "dialect": dict(world.dialect),
        "clock": {"begin": clock.begin, "at": clock.peek(), "frozen": clock.is_frozen},
        "chance": world.random.state_json(),
        "mischief": world.fault_random.state_json(),
        "servers": [_entity_json(server) for server in world.servers.values()],
        "requests": [_entity_json(request) for request in world.requests.values()],
        "accounts": [_entity_json(account) for account in world.accounts.values()],
        "tasks": map(_entity_json, world.tasks_now()),
        "logs": map(_entity_json, tuple(world.logs)),
        "past": map(_entity_json, tuple(world.change_log.changes)),
        "faults": [_fault_json(fault) for fault in world.faults],
        "key_prefix": world.key_ring.prefix,
        "exchanges": world.journal.count,
        "journal": _masked_exchanges(
            mask_of(world), world.journal.newest() if exchanges is None else exchanges
        ),
        **world.internal_state(),
        "story": _scenario_json(director),
    }


def director_from_snapshot(director: Director, snapshot: Json) -> Director:
    """Returns a new director with the world of a snapshot. Does not change `director`.

    Raises the errors of `director_from_snapshot_in_steps`.
    """
    return finish(director_from_snapshot_in_steps(director, snapshot))


def director_from_snapshot_in_steps(director: Director, snapshot: Json) -> Steps[Director]:
    """Does the same as `director_from_snapshot`, one task, exchange, log or change in each step.

    snapshot: JSON that is valid for the schema in control-api.yaml.

    Raises InvalidRequestError if parts of the snapshot contradict each other, or if this version does not
    know the snapshot's format, dialect, scenario, a fault or a server status. The message names the part.
    """
    world = _empty_world(director.world, snapshot)
    yield from _add_entities(world, snapshot)
    _check_internal_state(world, snapshot)
    world.restore_internal_state(
        keys=snapshot["keys"], counted=snapshot["counted"], last_place=int(snapshot["last_place"])
    )
    for change in snapshot["past"]:
        yield
        world.change_log.changes.append(_entity(Change, change))
    world.journal.restore(int(snapshot["exchanges"]), (yield from _journal(snapshot)))
    _add_faults(world, snapshot["faults"])
    return _director(director, world, snapshot["story"])


def moved_snapshot(snapshot: Mapping[str, Any], begin: float) -> Json:
    """Returns the snapshot of a world whose clock began at another time: `begin`.

    The clock, the begin of the scenario and the schedules of the faults move by the same number of seconds.
    """
    clock, story = snapshot["clock"], snapshot["story"]
    seconds = begin - clock["begin"]
    return {
        **snapshot,
        "clock": {**clock, "begin": begin, "at": clock["at"] + seconds},
        "faults": [{**fault, "since": fault["since"] + seconds} for fault in snapshot["faults"]],
        "story": story and {**story, "began": story["began"] + seconds},
    }


def _entity_json(entity: Any) -> Json:
    """The fields of an entity. A customer's request or an account is replaced by its id."""
    entity_json = {name: getattr(entity, name) for name in _FIELDS[type(entity)]}
    for name in _RELATED:
        if name in entity_json:
            entity_json[name] = entity_json[name].id
    return entity_json


def _masked_exchanges(mask: Mask, kept: Sequence[Exchange | JournalNote]) -> Iterator[Json | None]:
    for entry in kept:
        masked = yield from mask.exchange_in_steps(as_exchange(entry))
        yield {**masked, "began": entry.began, "ended": entry.ended}


def _entity(shape: Callable[..., T], entity_json: Json, **others: Any) -> T:
    times = {name: _time(entity_json[name]) for name in _TIME_FIELDS if name in entity_json}
    integers = {name: int(entity_json[name]) for name in _INTEGER_FIELDS if name in entity_json}
    return shape(**{**entity_json, **times, **integers, **others})


def _time(seconds: float | None) -> float | None:
    return None if seconds is None else float(seconds)


def _fault_json(fault: ActiveFault) -> Json:
    return {
        "fault": fault.planned.as_json(),
        "since": fault.since,
        "calls": fault.calls,
        "strikes": fault.times_applied,
    }


def _scenario_json(director: Director) -> Json | None:
    """The scenario and its progress."""
    if director.scenario is None:
        return None
    state = director.tracker.state
    return {
        "scenario": director.scenario.name,
        "began": state.began,
        "calls": dict(state.calls),
        "happened": [{"happening": index, "at": at} for index, at in state.happened.items()],
        "met": [{"happening": index, "times": times} for index, times in state.met.items()],
        "asked": _asked_json(state.asked),
        "groups": {name: list(ids) for name, ids in director.groups.items()},
        "events": [asdict(event) for event in director.events],
    }


def _asked_json(state: AskedState) -> Json:
    return {
        "counts": [{"happening": index, "times": times} for index, times in state.counts.items()],
        "tasks": [
            {"happening": index, **asdict(asked)} for index, tasks in state.tasks.items() for asked in tasks
        ],
        "in_trouble": [asdict(asked) for asked in state.in_trouble],
    }


# Restoring


def _empty_world(old: World, snapshot: Json) -> World:
    if snapshot["format"] != _FORMAT:
        raise InvalidRequestError(f"body/format: this version reads only format {_FORMAT}")
    times = snapshot["clock"]
    clock = old.clock.new_clock(float(times["begin"]), at=float(times["at"]), frozen=times["frozen"])
    random, api = _random(snapshot, "chance"), _api(old, snapshot["dialect"])
    # A snapshot of an earlier version has no prefix.
    world = World(old.name, clock, random, api, key_prefix=snapshot.get("key_prefix", ""))
    world.fault_random = _random(snapshot, "mischief")
    return world


def _random(snapshot: Json, name: str) -> SeededRandom:
    try:
        return SeededRandom.from_state_json(snapshot[name])
    except ValueError as error:
        raise InvalidRequestError(f"body/{name}/state: {error}") from None


def _api(old: World, choices: Mapping[str, str]) -> Api:
    try:
        return api_of(old.api.source, dialect_of(choices))
    except UnknownChoiceError as error:
        raise InvalidRequestError(f"body/dialect: {error}") from None


def _add_entities(world: World, snapshot: Json) -> Steps[None]:
    for name, field in (("servers", "name"), ("servers", "id"), ("requests", "id"), ("accounts", "id")):
        yield from _check_unique(snapshot[name], f"body/{name}", field)
    for field in ("id", "place"):
        yield from _check_unique(snapshot["tasks"], "body/tasks", field)
    for index, server in enumerate(snapshot["servers"]):
        _add_server(world, server, f"body/servers/{index}")
    for request in snapshot["requests"]:
        world.add_request(_entity(CustomerRequest, request))
    for account in snapshot["accounts"]:
        world.add_account(_entity(Account, account))
    for index, task in enumerate(snapshot["tasks"]):
        yield
        _add_task(world, task, f"body/tasks/{index}")
    for log in snapshot["logs"]:
        yield
        world.logs.append(_entity(LogEntry, log))


def _check_unique(entities: Iterable[Json], path: str, field: str) -> Steps[None]:
    seen = set[Hashable]()
    for index, entity in enumerate(entities):
        yield
        if entity[field] in seen:
            raise InvalidRequestError(f"{path}/{index}/{field}: an earlier item also has {entity[field]}")
        seen.add(entity[field])


def _add_server(world: World, server_json: Json, path: str) -> None:
    known = api_vocabulary().server_statuses
    if server_json["status"] not in known:
        raise InvalidRequestError(
            f"{path}/status: {server_json['status']} is not a status of a server; "
            f"there are {', '.join(known)}"
        )
    world.insert_server(_entity(Server, server_json))


def _add_task(world: World, task_json: Json, path: str) -> None:
    found = {
        "request": _find(world.requests, task_json["request"], f"{path}/request"),
        "account": _find(world.accounts, task_json["account"], f"{path}/account"),
    }
    _find(world.servers, task_json["server"], f"{path}/server")
    world.add_task(_entity(Task, task_json, **found))


def _find(entities: Mapping[str, T], name: str, path: str) -> T:
    if name not in entities:
        raise InvalidRequestError(f"{path}: the snapshot does not contain {name}")
    return entities[name]


def _check_internal_state(world: World, snapshot: Json) -> None:
    # The path does not name the key, because the key is secret.
    for owner in snapshot["keys"].values():
        _find(world.servers, owner, "body/keys")
    for index, server in enumerate(world.servers.values()):
        if any(snapshot["keys"].get(key) != server.name for key in server.keys):
            raise InvalidRequestError(
                f"body/servers/{index}/keys: each of these keys must belong to {server.name} in body/keys"
            )
    for index, task_id in enumerate(snapshot["counted"]):
        _find(world.tasks, task_id, f"body/counted/{index}")
    places, last = [task.place for task in world.tasks.values()], int(snapshot["last_place"])
    if places and not (last >= max(places) if _places_grow(world) else last <= min(places)):
        raise InvalidRequestError("body/last_place: a task has a place after this one")


def _places_grow(world: World) -> bool:
    return world.dialect["list-order"] == "oldest-first"


def _journal(snapshot: Json) -> Steps[list[Exchange]]:
    kept, count = list[Exchange](), int(snapshot["exchanges"])
    first = count - len(snapshot["journal"]) + 1
    for index, exchange_json in enumerate(snapshot["journal"]):
        yield
        exchange, number = _exchange(exchange_json), first + index
        if exchange.number != number:
            raise InvalidRequestError(
                f"body/journal/{index}/number: this must be {number}, because body/exchanges is {count}"
            )
        kept.append(exchange)
    return kept


def _exchange(exchange_json: Json) -> Exchange:
    request, answer, status = exchange_json["request"], exchange_json["answer"], exchange_json["status"]
    return Exchange(
        number=int(exchange_json["number"]),
        operation=exchange_json["operation"],
        server=exchange_json["server"],
        method=exchange_json["method"],
        path=exchange_json["path"],
        query=exchange_json["query"],
        request_headers=_headers(request),
        request_body=_body(request),
        status=None if status is None else int(status),
        answer_headers=_headers(answer),
        answer_body=_body(answer),
        began=float(exchange_json["began"]),
        ended=float(exchange_json["ended"]),
        why=exchange_json["why"],
    )


def _headers(message: Json) -> Headers:
    return tuple((name, text) for name, text in message["headers"])


def _body(message: Json) -> bytes:
    body = message["body"]
    if body is None:
        return b""
    return body.encode("utf-8", "surrogatepass") if isinstance(body, str) else render(body)


def _add_faults(world: World, faults: list[Json]) -> None:
    for index, fault_json in enumerate(faults):
        try:
            fault = add_described_fault(world, fault_json["fault"])
        except RefusalError as error:
            raise InvalidRequestError(error.why.replace("body", f"body/faults/{index}/fault", 1)) from None
        fault.since = float(fault_json["since"])
        fault.calls = int(fault_json["calls"])
        fault.times_applied = int(fault_json["strikes"])


def _director(old: Director, world: World, scenario_json: Json | None) -> Director:
    if scenario_json is None:
        return Director(world, heartbeat_interval=old.heartbeat_interval)
    scenario = _scenario(old, scenario_json["scenario"])
    happened = {int(entry["happening"]): float(entry["at"]) for entry in scenario_json["happened"]}
    met = {int(entry["happening"]): int(entry["times"]) for entry in scenario_json["met"]}
    asked = _asked_state(scenario_json.get("asked"))
    for name, indexes in (("happened", happened), ("met", met), ("asked", {**asked.counts, **asked.tasks})):
        if any(index >= len(scenario.when) for index in indexes):
            raise InvalidRequestError(
                f"body/story/{name}: a number in `happening` is too large. The list `when` of the scenario "
                f"{scenario.name} has {len(scenario.when)} entries, and the first entry has the number 0"
            )
    for name, ids in scenario_json["groups"].items():
        for index, task_id in enumerate(ids):
            _find(world.tasks, task_id, f"body/story/groups/{name}/{index}")
    groups = scenario_json["groups"]
    director = Director(world, scenario, groups, heartbeat_interval=old.heartbeat_interval)
    calls = {operation: int(count) for operation, count in scenario_json["calls"].items()}
    director.tracker.resume(TrackerState(float(scenario_json["began"]), calls, happened, met, asked))
    director.events.extend(
        Event(float(event["time"]), event["kind"], event["subject"]) for event in scenario_json["events"]
    )
    return director


def _asked_state(asked_json: Json | None) -> AskedState:
    if asked_json is None:
        return AskedState()
    tasks: dict[int, list[Asked]] = {}
    for entry in asked_json["tasks"]:
        tasks.setdefault(int(entry["happening"]), []).append(Asked(entry["kind"], entry["about"]))
    return AskedState(
        {int(entry["happening"]): int(entry["times"]) for entry in asked_json["counts"]},
        {index: tuple(asked) for index, asked in tasks.items()},
        tuple(Asked(entry["kind"], entry["about"]) for entry in asked_json["in_trouble"]),
    )


def _scenario(old: Director, name: str) -> Scenario:
    if old.scenario is not None and old.scenario.name == name:
        return old.scenario
    if name not in library.names():
        raise InvalidRequestError(f"body/story/scenario: there is no scenario {name} in the library")
    return library.find(name)
