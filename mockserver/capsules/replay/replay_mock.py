"""A mock in the world of a capsule, with the clock in the player's hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import TracebackType

from workerkit.mockserver.capsules.file.capsule import Capsule, Ending, Recorded
from workerkit.mockserver.capsules.http.client import Address, send
from workerkit.mockserver.http.headers import header_set, headers_of
from workerkit.mockserver.http.request import MOST_BYTES, Request
from workerkit.mockserver.server.server import MockServer
from workerkit.mockserver.server.worker_app import WorkerApp
from workerkit.mockserver.world.clock import LATEST
from workerkit.mockserver.world.refusal import InvalidRequestError
from workerkit.mockserver.worlds.director import Director
from workerkit.mockserver.worlds.snapshot import restored
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.mockserver.worlds.worlds import DEFAULT, Worlds
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.formats.yaml_nodes import InvalidInputError
from workerkit.openapi.spec.api import control_api
from workerkit.openapi.spec.flaw import first_flaw
from workerkit.scenarios.loading.loader import parse
from workerkit.scenarios.model.scenario import Scenario

_PATIENCE = 30.0
_LEAST_PATIENCE, _MOST_PATIENCE = 0.3, 1.5
Found = Callable[[str], Director]


def stored(capsule: Capsule, *, name: str) -> Found:
    """Founds the world that a capsule began in; `name` is the file's. Raises NotUnderstood."""
    assert capsule.world is not None
    world = dict(capsule.world)
    form = control_api().operations["restoreWorld"].body
    if form is not None and not form.is_valid(world):
        raise InvalidInputError(f"{name}: its world cannot be built: {first_flaw(form, world, 'world')}")
    scenario = _scenario(capsule, name)

    def found(world_name: str) -> Director:
        try:
            return restored(WorldBuilder(scenario, seed=0, tasks=False)(world_name), world)
        except InvalidRequestError as error:
            raise InvalidInputError(f"{name}: its world cannot be built: {error.why}") from None

    return found


def _scenario(capsule: Capsule, name: str) -> Scenario | None:
    if not capsule.scenario:
        return None
    assert capsule.world is not None
    told = (capsule.world.get("story") or {}).get("scenario")
    return parse(capsule.scenario.encode("utf-8", "surrogatepass"), name=f"{name}/{told}.yaml")


class ReplayMock:
    """A fresh mock whose only world a founder founds, from `with` to its end.

    Requests that no fault and no scenario has a say in are answered without a socket, all others over one.
    """

    def __init__(self, found: Found) -> None:
        worlds = Worlds()
        self._director = worlds.add(DEFAULT, found)
        self._app = WorkerApp(worlds)
        self._mock = MockServer(worlds) if self._director.may_interfere else None

    def __enter__(self) -> ReplayMock:
        if self._mock is not None:
            self._mock.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._mock is not None:
            self._mock.__exit__(kind, error, trace)

    def play(self, recorded: Recorded) -> Recorded:
        """Sends a request at the time, on the world's clock, at which it was recorded."""
        at, clock = min(recorded.exchange.began, LATEST), self._director.world.clock
        if self._mock is None:
            clock.freeze(at)
            return _answered(self._app, recorded.exchange)
        self._mock.ask(lambda: clock.freeze(at))
        here = Address(self._mock.host, self._mock.port, f"{self._mock.host}:{self._mock.port}")
        return send(recorded.exchange, here, patience=patience(recorded))


def patience(recorded: Recorded) -> float:
    """How many seconds to wait for an answer: not long for one that never came."""
    if recorded.ending is not Ending.HUNG:
        return _PATIENCE
    waited = recorded.exchange.ended - recorded.exchange.began
    return max(_LEAST_PATIENCE, min(waited, _MOST_PATIENCE))


def _answered(app: WorkerApp, exchange: Exchange) -> Recorded:
    body = exchange.request_body
    request = Request(
        method=exchange.method,
        path=exchange.path,
        query=exchange.query,
        headers=headers_of(exchange.request_headers),
        body=body[:MOST_BYTES],
        oversize=len(body) > MOST_BYTES,
    )
    answer = app.answer(request)
    headers = header_set(answer.headers).pairs
    seen = replace(exchange, status=answer.status, answer_headers=headers, answer_body=answer.body, why="")
    return Recorded(seen)
