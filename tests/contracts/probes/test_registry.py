"""The probes observe each value of each silence. No value is a finding."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import pytest

from tests.contracts.covering import pairwise_dialects
from tests.sampling import sampled
from workerkit.contracts.conformance import conform
from workerkit.contracts.gate.gate import Gate
from workerkit.contracts.page.rules import RuleStatus
from workerkit.contracts.probes.registry import PROBES, run_missing_heartbeat_probe, run_probes
from workerkit.contracts.report.silence_report import silence_reports
from workerkit.contracts.run.ledger import Ledger
from workerkit.contracts.run.listing import check_listing
from workerkit.contracts.scripted import keys, lists
from workerkit.contracts.scripted.script import new_context
from workerkit.contracts.target.plan import Plan, Writes
from workerkit.contracts.target.run_clock import RunClock
from workerkit.contracts.target.target import Target
from workerkit.mockserver.server.server import WorldServer
from workerkit.mockserver.world.new_task import create_task
from workerkit.mockserver.world.world import World
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.mockserver.worlds.worlds import Worlds
from workerkit.openapi.masking.mask import Mask
from workerkit.openapi.spec.api import worker_api
from workerkit.openapi.spec.dialect import dialect_of
from workerkit.openapi.spec.silence import silences

VALUES = {silence.id: list(silence.values) for silence in silences().values()}
# A server shows these only if its dialect has `transitions: strict`.
SHOWN_BY_STRICT = ("refused-transition", "link-update-flow", "completion-flow")
# A server that refuses a missing body answers to an ignored body as if it refused its content type.
OTHER_CHOICES = {
    **{silence: {"transitions": "strict"} for silence in SHOWN_BY_STRICT},
    "content-type": {"missing-body": "empty"},
}
# No answer of the API shows this one.
NOT_OBSERVABLE = {"complete-twice"}
LONG = Plan(time_limit=300)


@dataclass(frozen=True)
class MockTarget:
    """A world of a mock as a target.

    target: the address and the keys.
    world: the world.
    clock: the clock of the run. When the run waits, the clock of the world moves and no time passes.
    """

    target: Target
    world: World
    clock: RunClock


NewTarget = Callable[[Mapping[str, str]], MockTarget]


@pytest.fixture(scope="module")
def new_target() -> Iterator[NewTarget]:
    """Makes targets. Each target is a new world of one mock, with the given choices as its dialect."""
    with WorldServer(Worlds()) as server:

        def new_target(choices: Mapping[str, str]) -> MockTarget:
            world = server.run_in_server_thread(lambda: _new_world(server.worlds, choices))
            keys = (f"server-0{number}-key-{world.name}" for number in (1, 2, 3))
            clock = RunClock(
                wait=lambda seconds: server.run_in_server_thread(lambda: world.clock.advance(seconds))
            )
            return MockTarget(Target(server.base_url, *keys), world, clock)

        yield new_target


def _new_world(worlds: Worlds, choices: Mapping[str, str]) -> World:
    world = worlds.add(worlds.new_name(), WorldBuilder(seed=1, dialect=dialect_of(choices))).world
    create_task(world, {"server": "server-02", "request_name": "Foreign"})
    return world


def ledger_of_probes(mock: MockTarget, stated: Mapping[str, str] | None = None, plan: Plan = LONG) -> Ledger:
    """The ledger after the probes, and after those steps of the script that also observe silences."""
    ledger = Ledger(stated or {})
    gate = Gate(mock.target, plan, worker_api(), clock=mock.clock, watcher=lambda _: None)
    context = new_context(mock.target, plan, gate, ledger, mock.clock)
    steps = (lists.list_by_default, lists.list_at_limits, lists.page_through_lists)
    check_listing(mock.target, gate, ledger, Writes(plan.writes))
    for step in (*steps, keys.send_wrong_keys):
        step(context)
    run_probes(context)
    run_missing_heartbeat_probe(context, plan, 0.0)
    assert [finding.message for finding in ledger.findings] == []
    return ledger


@pytest.mark.parametrize(
    ("silence", "value"), [(name, value) for name, values in VALUES.items() for value in values]
)
def test_each_value_is_observed(new_target: NewTarget, silence: str, value: str) -> None:
    choices = {**OTHER_CHOICES.get(silence, {}), silence: value}
    others = {name: dialect_of(choices)[name] for name in VALUES if name != silence}
    ledger = ledger_of_probes(new_target(choices), others)
    assert ledger.observed_value(silence) == (None if silence in NOT_OBSERVABLE else value), (
        ledger.observations.get(silence)
    )
    assert ledger.dialect()[silence] in (value, silences()[silence].default)


@pytest.mark.parametrize("choices", sampled(pairwise_dialects(), every=3, ids=False))
def test_all_values_of_a_dialect_are_observed_without_a_finding(
    new_target: NewTarget, choices: dict[str, str]
) -> None:
    report = conform(new_target(choices).target, Plan(max_requests=270))
    assert [(rule.id, rule.why) for rule in report.with_status(RuleStatus.BROKEN)] == []
    hidden = NOT_OBSERVABLE | {"heartbeat-silence"}
    if choices["transitions"] == "lenient":
        hidden |= set(SHOWN_BY_STRICT)
    if choices["empty-change"] == "reject" and choices["heartbeat-fields"] == "required":
        hidden |= {"missing-body"}
        hidden |= {"content-type"} if choices["content-type"] in ("bad-request", "ignored") else set()
    expected = {name: None if name in hidden else value for name, value in choices.items()}
    if expected["content-type"] == "ignored" and choices["missing-body"] == "reject":
        expected["content-type"] = "bad-request"
    assert dict(report.observed_values) == expected


def test_a_stated_silence_is_not_probed(new_target: NewTarget) -> None:
    ledger = ledger_of_probes(new_target({"below-minimum": "default"}), dict(dialect_of({})))
    assert {name for name, observation in ledger.observations.items() if observation.exchanges} == {
        *("limit-above-maximum", "last-cursor", "first-cursor", "total-with-cursor", "list-order"),
        *("error-body", "time-precision", "null-in-task"),
    }
    assert ledger.known_value("below-minimum") == "reject"


def test_the_report_says_if_the_stated_value_is_not_the_observed_one(
    new_target: NewTarget,
) -> None:
    report = conform(new_target({}).target, Plan(max_requests=20), stated={"limit-above-maximum": "clamp"})
    reports = {silence.silence: silence for silence in report.silence_reports}
    silence = reports["limit-above-maximum"]
    assert (silence.observed, silence.stated, silence.why) == ("reject", "clamp", "--dialect says clamp")


def test_without_writes_each_unknown_silence_says_what_it_needs(new_target: NewTarget) -> None:
    mock = new_target({})
    before = {task.id: task.as_json() for task in mock.world.tasks.values()}
    ledger = ledger_of_probes(mock, plan=Plan(writes=Writes.NONE))
    reasons = {name: ledger.observations[name].why for name in VALUES if ledger.observed_value(name) is None}
    assert reasons["bulk-empty"] == "needs --writes sandbox or all"
    assert reasons["content-type"] == "needs --writes sandbox or all"
    assert reasons["loose-types"] == "needs --writes all"
    assert ledger.observed_value("unknown-cursor") == "empty"
    assert ledger.observed_value("malformed-id") == "reject"
    assert {task.id: task.as_json() for task in mock.world.tasks.values()} == before


def test_without_the_other_keys_their_silences_name_the_missing_option(new_target: NewTarget) -> None:
    mock = new_target({})
    one_key = MockTarget(Target(mock.target.base_url, mock.target.api_key), mock.world, mock.clock)
    ledger = ledger_of_probes(one_key)
    assert ledger.observations["foreign-cursor"].why == "needs --other-api-key"
    assert ledger.observations["offline-heartbeat"].why == "needs --inactive-api-key"


def test_every_observable_silence_has_a_probe() -> None:
    from_the_script = {"limit-above-maximum", "total-with-cursor", "error-body"}
    from_probes = {silence for probe in PROBES for silence in probe.silences}
    assert from_probes | from_the_script | NOT_OBSERVABLE | {"heartbeat-silence"} == set(VALUES)


def test_without_a_waiting_task_each_unknown_silence_has_a_reason(new_target: NewTarget) -> None:
    mock = new_target({})
    for task in list(mock.world.tasks.values()):
        mock.world.change_task(task, {"status": "canceled"})
    ledger = ledger_of_probes(mock)
    unknown = [name for name in VALUES if ledger.observed_value(name) is None]
    assert "transitions" in unknown
    assert "time-precision" not in unknown
    reports = silence_reports(ledger, mock.target, Mask([], salt=b""), "")
    assert all(report.why for report in reports if report.observed is None)
