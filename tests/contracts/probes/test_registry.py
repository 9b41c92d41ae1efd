"""The probes: each value of each silence is seen for what it is, and no server is blamed for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import pytest

from tests.contracts.covering import pairwise
from workerkit.contracts.conformance import conform
from workerkit.contracts.gate.gate import Gate
from workerkit.contracts.page.rules import RuleStatus
from workerkit.contracts.probes.registry import PROBES, run_probes, wait_for_silence
from workerkit.contracts.report.silences_seen import learnt
from workerkit.contracts.run.ledger import Ledger
from workerkit.contracts.scripted import keys, lists
from workerkit.contracts.scripted.script import new_context
from workerkit.contracts.target.plan import Plan, Writes
from workerkit.contracts.target.run_clock import RunClock
from workerkit.contracts.target.target import Target
from workerkit.mockserver.server.server import MockServer
from workerkit.mockserver.world.new_task import create_task
from workerkit.mockserver.world.world import World
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.mockserver.worlds.worlds import Worlds
from workerkit.openapi.masking.mask import Mask
from workerkit.openapi.spec.api import worker_api
from workerkit.openapi.spec.dialect import dialect_of
from workerkit.openapi.spec.silence import silences

VALUES = {each.id: list(each.values) for each in silences().values()}
# What shows only beside another choice, and what no answer of the API shows at all.
OF_THE_STRICT = ("refused-transition", "link-update-flow", "completion-flow")
BESIDE = {each: {"transitions": "strict"} for each in OF_THE_STRICT}
INVISIBLE = {"complete-twice"}
LONG = Plan(time_limit=300)


@dataclass(frozen=True)
class Place:
    """A world with the target that it is; `clock` waits by moving the world's own clock."""

    target: Target
    world: World
    clock: RunClock


Found = Callable[[Mapping[str, str]], Place]


@pytest.fixture(scope="module")
def found() -> Iterator[Found]:
    """Founds worlds side by side on one server, each of the dialect that makes these choices."""
    with MockServer(Worlds()) as server:

        def place(choices: Mapping[str, str]) -> Place:
            world = server.ask(lambda: _found(server.worlds, choices))
            keys = (f"server-0{number}-key-{world.name}" for number in (1, 2, 3))
            clock = RunClock(wait=lambda seconds: server.ask(lambda: world.clock.advance(seconds)))
            return Place(Target(server.base_url, *keys), world, clock)

        yield place


def _found(worlds: Worlds, choices: Mapping[str, str]) -> World:
    world = worlds.add(worlds.new_name(), WorldBuilder(seed=1, dialect=dialect_of(choices))).world
    create_task(world, {"server": "server-02", "request_name": "Foreign"})
    return world


def probed(place: Place, stated: Mapping[str, str] | None = None, plan: Plan = LONG) -> Ledger:
    """What the probes and the few steps of the tour that see silences find out."""
    ledger = Ledger(stated or {})
    gate = Gate(place.target, plan, worker_api(), clock=place.clock, watcher=lambda _: None)
    context = new_context(place.target, plan, gate, ledger, place.clock)
    steps = (lists.list_by_default, lists.list_at_the_limits, lists.page_through)
    for step in (*steps, keys.refuse_wrong_keys):
        step(context)
    run_probes(context)
    wait_for_silence(context, plan, 0.0)
    assert [finding.message for finding in ledger.findings] == []
    return ledger


@pytest.mark.parametrize(
    ("silence", "value"), [(name, value) for name, values in VALUES.items() for value in values]
)
def test_each_value_is_seen_for_what_it_is(found: Found, silence: str, value: str) -> None:
    choices = {**BESIDE.get(silence, {}), silence: value}
    others = {name: dialect_of(choices)[name] for name in VALUES if name != silence}
    ledger = probed(found(choices), others)
    assert ledger.seen(silence) == (None if silence in INVISIBLE else value), ledger.sights.get(silence)
    assert ledger.dialect()[silence] in (value, silences()[silence].default)


@pytest.mark.parametrize("choices", [pytest.param(each, id="") for each in pairwise(VALUES)])
def test_any_two_values_meet_and_are_seen_without_a_finding(found: Found, choices: dict[str, str]) -> None:
    report = conform(found(choices).target, Plan(max_requests=240))
    assert [(each.id, each.why) for each in report.of(RuleStatus.BROKEN)] == []
    hidden = INVISIBLE | {"heartbeat-silence"}
    if choices["transitions"] == "lenient":
        hidden |= set(OF_THE_STRICT)
    expected = {name: None if name in hidden else value for name, value in choices.items()}
    assert dict(report.silences) == expected


def test_what_is_stated_is_not_probed(found: Found) -> None:
    ledger = probed(found({"below-minimum": "default"}), dict(dialect_of({})))
    assert {name for name, each in ledger.sights.items() if each.exchanges} == {
        *("limit-above-maximum", "last-cursor", "total-with-cursor", "list-order", "error-body"),
        "time-precision",
    }
    assert ledger.habit("below-minimum") == "reject"


def test_a_statement_stands_against_what_is_seen_and_the_report_says_so(found: Found) -> None:
    report = conform(found({}).target, Plan(max_requests=20), stated={"limit-above-maximum": "clamp"})
    known = next(each for each in report.learnt if each.silence == "limit-above-maximum")
    assert (known.seen, known.stated, known.why) == ("reject", "clamp", "stated is clamp")


def test_without_writes_the_unseen_say_what_they_need(found: Found) -> None:
    place = found({})
    before = {task.id: task.as_json() for task in place.world.tasks.values()}
    ledger = probed(place, plan=Plan(writes=Writes.NONE))
    unseen = {name: ledger.sights[name].why for name in VALUES if ledger.seen(name) is None}
    assert unseen["bulk-empty"] == "needs --writes sandbox or all"
    assert unseen["content-type"] == "needs --writes all"
    assert ledger.seen("unknown-cursor") == "empty"
    assert ledger.seen("malformed-id") == "reject"
    assert {task.id: task.as_json() for task in place.world.tasks.values()} == before


def test_without_the_other_keys_their_silences_say_so(found: Found) -> None:
    place = found({})
    alone = Place(Target(place.target.base_url, place.target.api_key), place.world, place.clock)
    ledger = probed(alone)
    assert ledger.sights["foreign-cursor"].why == "needs --other-api-key"
    assert ledger.sights["offline-heartbeat"].why == "needs --inactive-api-key"


def test_every_silence_that_can_be_seen_has_a_probe() -> None:
    from_the_tour = {"limit-above-maximum", "total-with-cursor", "error-body"}
    probed_ones = {silence for probe in PROBES for silence in probe.silences}
    assert probed_ones | from_the_tour | INVISIBLE | {"heartbeat-silence"} == set(VALUES)


def test_with_a_server_that_has_no_waiting_task_each_unseen_one_has_its_reason(found: Found) -> None:
    place = found({})
    for task in list(place.world.tasks.values()):
        place.world.change_task(task, {"status": "canceled"})
    ledger = probed(place)
    unseen = [name for name in VALUES if ledger.seen(name) is None]
    assert "transitions" in unseen
    assert "time-precision" not in unseen
    assert all(each.why for each in learnt(ledger, Mask([], salt=b""), "") if each.seen is None)
