"""A whole conformance run: the tour, the stock checks, and the relations over everything that was sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from workerkit.contracts.gate.gate import INTERRUPTED, Cause, Gate, RunEndedError
from workerkit.contracts.generated.machine import EpisodeBudget, run_episodes
from workerkit.contracts.generated.schemathesis_checks import CheckBudget, run_stock
from workerkit.contracts.page.rules import OPERATION_RULES, RULES
from workerkit.contracts.probes.registry import run_probes, wait_for_silence
from workerkit.contracts.relations.relations import check_exchange
from workerkit.contracts.relations.server_clock import stopped_clock
from workerkit.contracts.report.judgement import MOST_SHOWN, causes, judged
from workerkit.contracts.report.report import Report
from workerkit.contracts.report.silences_seen import learnt
from workerkit.contracts.run.context import RunContext
from workerkit.contracts.run.ledger import Ledger
from workerkit.contracts.run.preflight import greet
from workerkit.contracts.sandbox.receipt import Receipt
from workerkit.contracts.sandbox.restore import enter, leave
from workerkit.contracts.sandbox.sandbox import Sandbox
from workerkit.contracts.saved.findings import saved_findings
from workerkit.contracts.scripted.script import new_context, run_script
from workerkit.contracts.target.plan import Plan, default_writes
from workerkit.contracts.target.run_clock import RunClock
from workerkit.contracts.target.target import Target
from workerkit.contracts.target.target_mask import mask_of
from workerkit.openapi.errors import CannotRunError
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.spec.api import worker_api

_WHOLE = CheckBudget(examples=40, walks=20, steps=8), EpisodeBudget(episodes=30, steps=12, requests=900)
_SHORT = CheckBudget(examples=5, walks=3, steps=4), EpisodeBudget(episodes=8, steps=8, requests=300)
# A run with fewer requests than this generates less, so that each kind of check has its turn.
_SHORT_BELOW = 1400


class RunFailedError(CannotRunError, RuntimeError):
    """The kit itself failed in the middle of a run; `report` is what was done until then, and put back."""

    def __init__(self, why: str, report: Report) -> None:
        super().__init__(why, report)
        self.report = report

    def __str__(self) -> str:
        return str(self.args[0])


def conform(
    target: Target,
    plan: Plan | None = None,
    *,
    stated: Mapping[str, str] | None = None,
    watcher: Callable[[Exchange], None] = lambda _: None,
    say: Callable[[str], None] = lambda _: None,
    clock: RunClock | None = None,
    with_capsules: bool = False,
) -> Report:
    """Tests a server against the page and reports each rule as kept, broken or untested.

    Without a plan everything may be written to a target on this machine, and nothing elsewhere. Silences that
    are `stated`, by their ids, are not looked into. `watcher` is given each exchange as it ends, `say` what
    the sandbox holds and which key is of no use, before anything is written. An interrupt ends the run with a
    report of what was done. However a run ends, its sandbox is put back, as far as the API allows; the
    report's receipt says how far. `with_capsules` is for those who want to replay what is found.

    Raises CannotTest and NoSandbox before anything is written, and RunFailed.
    """
    plan = plan or Plan(writes=default_writes(target))
    clock = clock or RunClock()
    began = clock.steady()
    gate = Gate(target, plan, worker_api(), clock=clock, watcher=watcher)
    ledger = Ledger(stated or {})
    try:
        of_use = greet(target, gate, say)
        sandbox = enter(of_use, plan, gate, say)
        context = new_context(of_use, plan, gate, ledger, clock, sandbox)
        failure = _send_everything(gate, plan, context, sandbox, began)
        receipt = leave(sandbox, of_use, gate)
    finally:
        gate.close()
    _relate_everything(gate, ledger)
    seconds = clock.steady() - began
    report = _report(target, plan, gate, ledger, receipt, seconds, with_capsules=with_capsules)
    if failure is not None:
        raise RunFailedError(report.ended, report) from failure
    return report


def _send_everything(
    gate: Gate, plan: Plan, context: RunContext, sandbox: Sandbox | None, began: float
) -> Exception | None:
    """What made the kit fail, or None."""
    try:
        run_script(context)
        run_probes(context)
        effort, diligence = _efforts(plan)
        context.ledger.unplayed = run_episodes(context, diligence, plan.seed)
        if gate.ended:
            return None
        tasks = sandbox.generated_ids if sandbox else frozenset[str]()
        for each in run_stock(context.target, plan, gate, effort, tasks):
            context.ledger.judge(each.rule, each.flaw, each.exchange)
        wait_for_silence(context, plan, context.clock.steady() - began)
    except RunEndedError:
        pass
    except KeyboardInterrupt:
        gate.end(INTERRUPTED, Cause.PERSON)
    except Exception as error:
        gate.end(f"the kit failed, which is a defect of its own: {error!r}", Cause.KIT)
        return error
    return None


def _efforts(plan: Plan) -> tuple[CheckBudget, EpisodeBudget]:
    return _SHORT if plan.max_requests is not None and plan.max_requests < _SHORT_BELOW else _WHOLE


def _relate_everything(gate: Gate, ledger: Ledger) -> None:
    for exchange in gate.exchanges:
        for outcome in check_exchange(exchange):
            ledger.judge(outcome.rule, outcome.flaw, exchange)
    standing = stopped_clock(gate.exchanges)
    if standing is not None:
        ledger.fail("heartbeat", str(standing), (standing.first, standing.last))
    _excuse_unanswered(gate, ledger)


def _excuse_unanswered(gate: Gate, ledger: Ledger) -> None:
    answered = {exchange.operation for exchange in gate.exchanges if exchange.accepted}
    for operation, rule in OPERATION_RULES.items():
        if operation not in answered:
            ledger.held.discard(rule)
            ledger.excuse(rule, f"no request for {operation} was answered 2xx")


def _report(
    target: Target,
    plan: Plan,
    gate: Gate,
    ledger: Ledger,
    receipt: Receipt | None,
    seconds: float,
    *,
    with_capsules: bool,
) -> Report:
    mask = mask_of(target, gate.exchanges)
    ended = mask.text(gate.ended or "")
    report = Report(
        target=target.base_url,
        seed=plan.seed,
        requests=len(gate.exchanges),
        seconds=seconds,
        rules=tuple(judged(rule, ledger, target, mask, ended) for rule in RULES),
        learnt=learnt(ledger, mask, ended),
        unplayed=" ".join(mask.text(ledger.unplayed).split()),
        ended=ended,
        cause=gate.cause,
        withheld=tuple(map(mask.text, gate.withheld)),
        receipt=receipt and receipt.masked(mask),
    )
    found = [cause for rule in RULES for cause in causes(rule.id, ledger)[:MOST_SHOWN]]
    saved = saved_findings(found, gate.exchanges, report, mask, with_capsules=with_capsules)
    return replace(report, saved=saved)
