"""A whole conformance run: the script, the probes, the generated tests, and the checks of all exchanges."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from workerkit.contracts.gate.gate import INTERRUPTED, EndCause, Gate, RunEndedError
from workerkit.contracts.generated.machine import EpisodeBudget, run_episodes
from workerkit.contracts.generated.schemathesis_checks import SchemathesisBudget, run_schemathesis
from workerkit.contracts.page.rules import OPERATION_RULES, RULES
from workerkit.contracts.probes.registry import run_missing_heartbeat_probe, run_probes
from workerkit.contracts.relations.relations import check_exchange
from workerkit.contracts.relations.server_clock import stopped_clock
from workerkit.contracts.report.judgement import MAX_FINDINGS, distinct_findings, judge_rule
from workerkit.contracts.report.report import Report
from workerkit.contracts.report.seen_fields import seen_fields
from workerkit.contracts.report.silence_report import silence_reports
from workerkit.contracts.run.context import RunContext
from workerkit.contracts.run.ledger import Ledger
from workerkit.contracts.run.preflight import check_target
from workerkit.contracts.sandbox.receipt import Receipt
from workerkit.contracts.sandbox.restore import open_sandbox, restore_sandbox
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

_FULL_BUDGETS = (
    SchemathesisBudget(examples=40, sequences=20, steps=8),
    EpisodeBudget(episodes=30, steps=12, requests=900),
)
_SMALL_BUDGETS = (
    SchemathesisBudget(examples=5, sequences=3, steps=4),
    EpisodeBudget(episodes=8, steps=8, requests=300),
)
# If --max-requests is lower than this number, the run uses _SMALL_BUDGETS. With the full budgets, the random
# episodes come first and could leave no requests for Schemathesis.
_MIN_REQUESTS_FOR_FULL_BUDGETS = 1400


class RunFailedError(CannotRunError, RuntimeError):
    """Workerkit itself failed during a run.

    report: the report of the run until the failure. The run has already restored the tasks of the sandbox, as
        far as the API allows.
    """

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
    """Tests a server and reports for each rule of the API page: kept, broken or untested.

    target: the server, with its API keys.
    plan: the limits of the run. The default plan changes data only on a server on this machine.
    stated: the known behaviour of the server in matters that the API page leaves open (silences). It maps
        the id of each known silence to its value. The run does not probe these silences.
    watcher: gets each exchange when it ends.
    say: gets messages for people: what the sandbox contains, and a warning if the run does not use
        `other_api_key`.
    clock: the clock of the run. Tests replace it.
    with_capsules: True adds a capsule to each finding. `workerkit replay` sends the requests of a capsule
    again.

    After an interrupt (Ctrl-C), the report has the results until then. In every case the run restores the
    old values of the tasks in the sandbox, as far as the API allows. The receipt in the report lists all
    changes that could not be put back.

    Raises CannotTestError and NoSandboxError before any change, and RunFailedError if workerkit itself fails.
    """
    plan = plan or Plan(writes=default_writes(target))
    clock = clock or RunClock()
    start = clock.steady()
    gate = Gate(target, plan, worker_api(), clock=clock, watcher=watcher)
    ledger = Ledger(stated or {})
    try:
        usable_target = check_target(target, gate, say)
        sandbox = open_sandbox(usable_target, plan, gate, say)
        context = new_context(usable_target, plan, gate, ledger, clock, sandbox)
        failure = _send_everything(gate, plan, context, sandbox, start)
        receipt = restore_sandbox(sandbox, usable_target, gate)
    finally:
        gate.close()
    _check_all_exchanges(gate, ledger)
    seconds = clock.steady() - start
    report = _report(target, plan, gate, ledger, receipt, seconds, with_capsules=with_capsules)
    if failure is not None:
        raise RunFailedError(report.end_reason, report) from failure
    return report


def _send_everything(
    gate: Gate, plan: Plan, context: RunContext, sandbox: Sandbox | None, start: float
) -> Exception | None:
    """Sends all requests of the run. Returns an error of workerkit itself, or None."""
    try:
        run_script(context)
        run_probes(context)
        schemathesis_budget, episode_budget = _budgets(plan)
        context.ledger.no_episodes_reason = run_episodes(context, episode_budget, plan.seed)
        if gate.end_reason:
            return None
        tasks = sandbox.generated_ids if sandbox else frozenset[str]()
        for outcome in run_schemathesis(context.target, plan, gate, schemathesis_budget, tasks):
            context.ledger.record_check(outcome.rule, outcome.flaw, outcome.exchange)
        run_missing_heartbeat_probe(context, plan, context.clock.steady() - start)
    except RunEndedError:
        pass
    except KeyboardInterrupt:
        gate.end_run(INTERRUPTED, EndCause.PERSON)
    except Exception as error:
        gate.end_run(f"workerkit itself failed, please report this defect: {error!r}", EndCause.KIT)
        return error
    return None


def _budgets(plan: Plan) -> tuple[SchemathesisBudget, EpisodeBudget]:
    is_small = plan.max_requests is not None and plan.max_requests < _MIN_REQUESTS_FOR_FULL_BUDGETS
    return _SMALL_BUDGETS if is_small else _FULL_BUDGETS


def _check_all_exchanges(gate: Gate, ledger: Ledger) -> None:
    for exchange in gate.exchanges:
        for outcome in check_exchange(exchange):
            ledger.record_check(outcome.rule, outcome.flaw, exchange)
    stopped = stopped_clock(gate.exchanges)
    if stopped is not None:
        ledger.mark_broken("heartbeat", str(stopped), (stopped.first, stopped.last))
    _mark_operations_without_success(gate, ledger)


def _mark_operations_without_success(gate: Gate, ledger: Ledger) -> None:
    """An operation without any 2xx answer is untested."""
    accepted_operations = {exchange.operation for exchange in gate.exchanges if exchange.accepted}
    for operation, rule in OPERATION_RULES.items():
        if operation not in accepted_operations:
            ledger.kept_rules.discard(rule)
            ledger.mark_untested(rule, f"no request for {operation} was answered 2xx")


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
    end_reason = mask.text(gate.end_reason or "")
    report = Report(
        target=target.base_url,
        seed=plan.seed,
        requests=len(gate.exchanges),
        seconds=seconds,
        rules=tuple(judge_rule(rule, ledger, target, mask, end_reason) for rule in RULES),
        silence_reports=silence_reports(ledger, target, mask, end_reason),
        no_episodes_reason=" ".join(mask.text(ledger.no_episodes_reason).split()),
        end_reason=end_reason,
        end_cause=gate.end_cause,
        withheld=tuple(map(mask.text, gate.withheld)),
        receipt=receipt and receipt.masked(mask),
        fields=seen_fields(gate.exchanges, mask),
    )
    findings = [finding for rule in RULES for finding in distinct_findings(rule.id, ledger)[:MAX_FINDINGS]]
    saved = saved_findings(findings, gate.exchanges, report, mask, with_capsules=with_capsules)
    return replace(report, saved_findings=saved)
