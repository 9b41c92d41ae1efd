"""A mock that replays a capsule: its clock shows the recorded time of each request."""

from __future__ import annotations

from dataclasses import replace
from types import TracebackType

from workerkit.mockserver.capsules.file.capsule import Capsule, Ending, RecordedExchange
from workerkit.mockserver.capsules.http.client import Address, send
from workerkit.mockserver.http.headers import decode_headers, header_set_of
from workerkit.mockserver.http.request import MAX_BODY_BYTES, Request
from workerkit.mockserver.server.server import WorldServer
from workerkit.mockserver.server.worker_app import WorkerApp
from workerkit.mockserver.world.clock import LATEST
from workerkit.mockserver.world.refusal import InvalidRequestError
from workerkit.mockserver.worlds.director import Director
from workerkit.mockserver.worlds.snapshot import director_from_snapshot
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.mockserver.worlds.worlds import DEFAULT, Builder, Worlds
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.formats.yaml_nodes import InvalidInputError
from workerkit.openapi.spec.api import control_api
from workerkit.openapi.spec.flaw import first_flaw
from workerkit.scenarios.loading.loader import parse
from workerkit.scenarios.model.scenario import Scenario

_TIMEOUT_SECONDS = 30.0
_MIN_HUNG_SECONDS, _MAX_HUNG_SECONDS = 0.3, 1.5


def stored_world(capsule: Capsule, *, name: str) -> Builder:
    """Builds the world that is stored in the capsule. `name` is the name of the capsule file.

    Raises InvalidInputError.
    """
    assert capsule.world is not None
    world = dict(capsule.world)
    validator = control_api().operations["restoreWorld"].body_validator
    if validator is not None and not validator.is_valid(world):
        raise InvalidInputError(
            f"{name}: its world cannot be restored: {first_flaw(validator, world, 'world')}"
        )
    scenario = _scenario(capsule, name)

    def build(world_name: str) -> Director:
        try:
            return director_from_snapshot(WorldBuilder(scenario, seed=0, with_tasks=False)(world_name), world)
        except InvalidRequestError as error:
            raise InvalidInputError(f"{name}: its world cannot be restored: {error.why}") from None

    return build


def _scenario(capsule: Capsule, name: str) -> Scenario | None:
    if not capsule.scenario:
        return None
    assert capsule.world is not None
    scenario_name = (capsule.world.get("story") or {}).get("scenario")
    return parse(capsule.scenario.encode("utf-8", "surrogatepass"), name=f"{name}/{scenario_name}.yaml")


class ReplayMock:
    """A new mock with one world, inside `with`.

    Faults and scenarios change what happens on the connection. Without them, the mock answers without a
    network connection, which is faster.
    """

    def __init__(self, build_world: Builder) -> None:
        worlds = Worlds()
        self._director = worlds.add(DEFAULT, build_world)
        self._app = WorkerApp(worlds)
        self._mock = WorldServer(worlds) if self._director.may_change_answers else None

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

    @property
    def refusal(self) -> str:
        """Why the mock refused the last request, in words. Empty if it did not."""
        exchanges = list(self._director.world.journal)
        return exchanges[-1].why if exchanges else ""

    def replay(self, recorded: RecordedExchange) -> RecordedExchange:
        """Sets the world's clock to the recorded time, and sends the request. Returns the new exchange.

        Returns the recorded exchange if it must not be sent.
        """
        if not recorded.is_sent:
            return recorded
        time, clock = min(recorded.exchange.began, LATEST), self._director.world.clock
        if self._mock is None:
            clock.freeze(time)
            return _answered_directly(self._app, recorded.exchange)
        self._mock.run_in_server_thread(lambda: clock.freeze(time))
        address = Address(self._mock.host, self._mock.port, f"{self._mock.host}:{self._mock.port}")
        return send(recorded.exchange, address, timeout=answer_timeout(recorded))


def answer_timeout(recorded: RecordedExchange) -> float:
    """How many seconds to wait for an answer. The time is short if no answer was recorded."""
    if recorded.ending is not Ending.HUNG:
        return _TIMEOUT_SECONDS
    recorded_seconds = recorded.exchange.ended - recorded.exchange.began
    return max(_MIN_HUNG_SECONDS, min(recorded_seconds, _MAX_HUNG_SECONDS))


def _answered_directly(app: WorkerApp, exchange: Exchange) -> RecordedExchange:
    body = exchange.request_body
    request = Request(
        method=exchange.method,
        path=exchange.path,
        query=exchange.query,
        headers=header_set_of(exchange.request_headers),
        body=body[:MAX_BODY_BYTES],
        is_too_large=len(body) > MAX_BODY_BYTES,
    )
    answer = app.answer(request)
    headers = decode_headers(answer.headers).pairs
    return RecordedExchange(
        replace(exchange, status=answer.status, answer_headers=headers, answer_body=answer.body, why="")
    )
