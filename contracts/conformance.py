"""A whole conformance run: the tour, the stock checks, and the relations over everything that was sent."""

from __future__ import annotations

import re
from collections.abc import Callable

from workerkit.contracts.clock import Clock
from workerkit.contracts.evidence import show
from workerkit.contracts.greeting import greet
from workerkit.contracts.ledger import Finding, Ledger
from workerkit.contracts.leeway import strict_api
from workerkit.contracts.plan import Plan, default_writes
from workerkit.contracts.relations import relate
from workerkit.contracts.report import Report, RuleReport
from workerkit.contracts.rules import OPERATION_RULES, RULES, Rule, Status
from workerkit.contracts.secrecy import mask_of
from workerkit.contracts.stock import Effort, run_stock
from workerkit.contracts.target import Target
from workerkit.contracts.tour import walk_the_tour
from workerkit.contracts.wire import INTERRUPTED, Ended, Gate
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.masking import Mask
from workerkit.openapi.silence import silences

_MOST_SHOWN = 3
_WHOLE = Effort(examples=40, walks=20, steps=8)
_SHORT = Effort(examples=5, walks=3, steps=4)
# A run with fewer requests than this generates less, so that each kind of check has its turn.
_SHORT_BELOW = 1400


def conform(
    target: Target,
    plan: Plan | None = None,
    *,
    watcher: Callable[[Exchange], None] = lambda _: None,
    clock: Clock | None = None,
) -> Report:
    """Tests a server against the page and reports each rule as kept, broken or untested.

    Without a plan everything may be written to a target on this machine, and nothing elsewhere. `watcher`
    is given each exchange as it ends. An interrupt ends the run with a report of what was done. Raises
    Unreachable, NotThisApi and KeyRefused before anything else is sent, and stock.EngineFailed.
    """
    plan = plan or Plan(writes=default_writes(target))
    clock = clock or Clock()
    began = clock.steady()
    gate = Gate(target, plan, strict_api(), clock=clock, watcher=watcher)
    ledger = Ledger()
    try:
        greet(target, gate)
        _send_everything(target, plan, gate, ledger)
    finally:
        gate.close()
    _relate_everything(gate, ledger)
    return _report(target, plan, gate, ledger, clock.steady() - began)


def _send_everything(target: Target, plan: Plan, gate: Gate, ledger: Ledger) -> None:
    try:
        walk_the_tour(target, plan, gate, ledger)
        for each in run_stock(target, plan, gate, _effort(plan)):
            ledger.judge(each.rule, each.flaw, each.exchange)
    except Ended:
        return
    except KeyboardInterrupt:
        gate.end(INTERRUPTED)


def _effort(plan: Plan) -> Effort:
    return _SHORT if plan.max_requests is not None and plan.max_requests < _SHORT_BELOW else _WHOLE


def _relate_everything(gate: Gate, ledger: Ledger) -> None:
    for exchange in gate.exchanges:
        for outcome in relate(exchange):
            ledger.judge(outcome.rule, outcome.flaw, exchange)
    _excuse_unanswered(gate, ledger)


def _excuse_unanswered(gate: Gate, ledger: Ledger) -> None:
    answered = {each.operation for each in gate.exchanges if each.accepted}
    for operation, rule in OPERATION_RULES.items():
        if operation not in answered:
            ledger.held.discard(rule)
            ledger.excuse(rule, f"no request for {operation} was answered 2xx")


def _report(target: Target, plan: Plan, gate: Gate, ledger: Ledger, seconds: float) -> Report:
    mask = mask_of(target, gate.exchanges)
    ended = mask.text(gate.ended or "")
    return Report(
        target=target.base_url,
        seed=plan.seed,
        requests=len(gate.exchanges),
        seconds=seconds,
        rules=tuple(_rule_report(each, target, ledger, mask, ended) for each in RULES),
        silences=tuple((each, ledger.seen.get(each)) for each in silences()),
        ended=ended,
    )


def _rule_report(rule: Rule, target: Target, ledger: Ledger, mask: Mask, ended: str) -> RuleReport:
    findings = [each for each in ledger.findings if each.rule == rule.id]
    if findings:
        return _broken(rule, findings, target, mask)
    if rule.id in ledger.held:
        return RuleReport(rule.id, rule.source, Status.KEPT, "")
    why = ledger.excuses.get(rule.id) or ended or "no request of this run puts it to the test"
    return RuleReport(rule.id, rule.source, Status.UNTESTED, why)


def _broken(rule: Rule, findings: list[Finding], target: Target, mask: Mask) -> RuleReport:
    shown = _one_of_each_cause(findings)[:_MOST_SHOWN]
    more = len(findings) - len(shown)
    why = "; ".join(mask.text(each.message) for each in shown)
    exchanges = {exchange.number: exchange for each in shown for exchange in each.exchanges}
    evidence = tuple(show(exchanges[number], target, mask) for number in sorted(exchanges))
    return RuleReport(
        rule.id, rule.source, Status.BROKEN, why + (f" (and {more} more)" if more else ""), evidence
    )


def _one_of_each_cause(findings: list[Finding]) -> list[Finding]:
    causes: dict[tuple[str | None, str], Finding] = {}
    for each in findings:
        operation = each.exchanges[-1].operation if each.exchanges else None
        causes.setdefault((operation, re.sub(r"[0-9a-f-]{36}|\d+", "", each.message)), each)
    return list(causes.values())
