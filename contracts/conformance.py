"""A whole conformance run: the script, the probes, the generated tests, and the checks of all exchanges."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from workerkit.contracts.gate.gate import INTERRUPTED, EndCause, Gate, RunEndedError
from workerkit.contracts.gate.way_trouble import LeftOutError
from workerkit.contracts.generated.machine import EpisodeBudget, run_episodes
from workerkit.contracts.generated.schemathesis_checks import SchemathesisBudget, run_schemathesis
from workerkit.contracts.page.rules import OPERATION_RULES, RULES
from workerkit.contracts.probes.registry import run_missing_heartbeat_probe, run_probes
from workerkit.contracts.relations.equal_fields import equal_field_notes
from workerkit.contracts.relations.relations import check_exchange
from workerkit.contracts.relations.server_clock import shifted_clock, stopped_clock
from workerkit.contracts.report.cause import distinct_findings
from workerkit.contracts.report.cause_report import cause_reports
from workerkit.contracts.report.judgement import MAX_FINDINGS, judge_rule
from workerkit.contracts.report.report import Report
from workerkit.contracts.report.seen_fields import seen_fields
from workerkit.contracts.report.silence_report import silence_reports
from workerkit.contracts.run.context import RunContext
from workerkit.contracts.run.ledger import Ledger
from workerkit.contracts.run.listing import check_listing, handed_out_note
from workerkit.contracts.run.part import PartCosts
from workerkit.contracts.run.preflight import TargetUnreachableError, check_target
from workerkit.contracts.sandbox.receipt import Receipt
from workerkit.contracts.sandbox.restore import open_sandbox, restore_sandbox
from workerkit.contracts.sandbox.sandbox import Sandbox
from workerkit.contracts.saved.findings import saved_findings
from workerkit.contracts.scripted.script import new_context, run_field_steps, run_script
from workerkit.contracts.target.plan import Plan, Writes, default_writes
from workerkit.contracts.target.run_clock import RunClock
from workerkit.contracts.target.target import Target
from workerkit.contracts.target.target_mask import mask_of
from workerkit.openapi.errors import CannotRunError
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.languages.phrase import phrase
from workerkit.openapi.spec.api import worker_api

_EXAMPLES = 15
_EPISODES = EpisodeBudget(episodes=24, steps=12, requests=700)
# Without writes, the episodes only list tasks.
_READING_EPISODES = EpisodeBudget(episodes=4, steps=8, requests=30)
# About how many requests the generated parts send on a correct server. If the limit of the run leaves fewer,
# each part gets the same share of them.
_GENERATED_REQUESTS = 480
_READING_REQUESTS = 45


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

    After an interrupt (Ctrl-C), the report has the results up to the interrupt. The run still restores the
    old values of the tasks in the sandbox, as far as the API allows. The receipt in the report lists all
    changes that could not be put back.

    If the target does not answer any more, the report has the results up to this point. Then `end_cause` is
    `target`.

    Raises CannotTestError and NoSandboxError before any change, and RunFailedError if workerkit itself fails.
    """
    plan = plan or Plan(writes=default_writes(target))
    clock = clock or RunClock()
    start = clock.steady()
    gate = Gate(target, plan, worker_api(), clock=clock, watcher=watcher)
    ledger, costs = Ledger(stated or {}), PartCosts()
    failure, receipt = None, None
    try:
        usable_target, sandbox = _prepare(target, plan, gate, ledger, say)
        context = new_context(usable_target, plan, gate, ledger, clock, sandbox)
        costs.add(phrase("first requests"), len(gate.exchanges))
        failure = _send_everything(gate, plan, context, sandbox, start, costs)
        receipt = restore_sandbox(sandbox, usable_target, gate)
    except RunEndedError:
        # The run was over before the first test.
        pass
    finally:
        gate.close()
    _check_all_exchanges(gate, ledger)
    seconds = clock.steady() - start
    report = _report(target, plan, gate, ledger, receipt, seconds, with_capsules=with_capsules)
    report = replace(report, costs=costs.all(len(gate.exchanges)))
    if failure is not None:
        raise RunFailedError(report.end_reason, report) from failure
    return report


def _prepare(
    target: Target, plan: Plan, gate: Gate, ledger: Ledger, say: Callable[[str], None]
) -> tuple[Target, Sandbox | None]:
    """The target with the usable keys, and the sandbox of the plan.

    Raises CannotTestError, NoSandboxError and RunEndedError.
    """
    try:
        usable_target = check_target(target, gate, say)
        check_listing(usable_target, gate, ledger, Writes(plan.writes))
        return usable_target, open_sandbox(usable_target, plan, gate, say)
    except LeftOutError as error:
        raise TargetUnreachableError(mask_of(target).text(str(error))) from None


def _send_everything(
    gate: Gate, plan: Plan, context: RunContext, sandbox: Sandbox | None, start: float, costs: PartCosts
) -> Exception | None:
    """Sends all requests of the run. Returns an error of workerkit itself, or None."""
    try:
        _run_part(phrase("scripted requests"), costs, gate, lambda: run_script(context))
        _run_part(phrase("probes of silences"), costs, gate, lambda: run_probes(context))
        _run_part(phrase("single fields"), costs, gate, lambda: run_field_steps(context))
        share = _share(gate, plan)
        _run_part(phrase("random episodes"), costs, gate, lambda: _run_episodes(context, plan, share), share)
        if gate.end_reason:
            return None
        generated = partial(_run_schemathesis, context, plan, gate, sandbox, share)
        _run_part(phrase("requests of Schemathesis"), costs, gate, generated, share)
        run_missing_heartbeat_probe(context, plan, context.clock.steady() - start)
    except RunEndedError:
        pass
    except KeyboardInterrupt:
        gate.end_run(INTERRUPTED, EndCause.PERSON)
    except Exception as error:
        gate.end_run(
            phrase("workerkit itself failed, please report this defect: {error!r}", error=error), EndCause.KIT
        )
        return error
    return None


def _run_part(name: str, costs: PartCosts, gate: Gate, run: Callable[[], None], share: float = 1.0) -> None:
    try:
        run()
    finally:
        costs.add(name, len(gate.exchanges), share)


def _share(gate: Gate, plan: Plan) -> float:
    """Which share of their usual requests the generated parts may send, from 0 to 1."""
    needed = _READING_REQUESTS if Writes(plan.writes) is Writes.NONE else _GENERATED_REQUESTS
    return 1.0 if gate.requests_left is None else min(1.0, gate.requests_left / needed)


def _run_episodes(context: RunContext, plan: Plan, share: float) -> None:
    budget = _READING_EPISODES if context.writes is Writes.NONE else _EPISODES
    context.ledger.no_episodes_reason = run_episodes(context, budget.scaled(share), plan.seed)


def _run_schemathesis(
    context: RunContext, plan: Plan, gate: Gate, sandbox: Sandbox | None, share: float
) -> None:
    budget = SchemathesisBudget(max(1, round(_EXAMPLES * share)))
    tasks = sandbox.generated_ids if sandbox else frozenset[str]()
    for outcome in run_schemathesis(context.target, plan, gate, budget, tasks):
        context.ledger.record_check(outcome.rule, outcome.flaw, outcome.exchange)


def _check_all_exchanges(gate: Gate, ledger: Ledger) -> None:
    may_hand_out = ledger.known_value("listing") != "reads"
    for exchange in gate.exchanges:
        for outcome in check_exchange(exchange, may_hand_out=may_hand_out):
            if (outcome.rule, exchange.number) not in ledger.explained:
                ledger.record_check(outcome.rule, outcome.flaw, exchange)
    for unanswered in gate.trouble.findings(len(gate.exchanges)):
        ledger.mark_broken("no-system-error", unanswered.text, unanswered.tries[-1:])
    stopped = stopped_clock(gate.exchanges)
    if stopped is not None:
        ledger.mark_broken("heartbeat", stopped.text, (stopped.first, stopped.last))
    shifted = shifted_clock(gate.exchanges)
    if shifted is not None:
        ledger.mark_broken("heartbeat", shifted.text, (shifted.exchange,))
    _mark_operations_without_success(gate, ledger)


def _mark_operations_without_success(gate: Gate, ledger: Ledger) -> None:
    """An operation without any 2xx answer is untested."""
    accepted_operations = {exchange.operation for exchange in gate.exchanges if exchange.accepted}
    for operation, rule in OPERATION_RULES.items():
        if operation not in accepted_operations:
            ledger.kept_rules.discard(rule)
            ledger.mark_untested(
                rule, phrase("no request for {operation} was answered 2xx", operation=operation)
            )


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
    handed_out = handed_out_note(ledger, gate.exchanges)
    notes = (*([handed_out] if handed_out else []), *ledger.notes, *equal_field_notes(gate.exchanges))
    left_out = gate.trouble.left_out_text() if gate.trouble.left_out else ""
    untested_reason = end_reason or left_out[:1].lower() + left_out[1:]
    report = Report(
        target=target.base_url,
        seed=plan.seed,
        requests=len(gate.exchanges),
        seconds=seconds,
        rules=tuple(judge_rule(rule, ledger, target, mask, untested_reason) for rule in RULES),
        causes=cause_reports(ledger, mask),
        silence_reports=silence_reports(ledger, target, mask, untested_reason),
        no_episodes_reason=" ".join(mask.text(ledger.no_episodes_reason).split()),
        trouble=mask.text(gate.trouble.text()),
        end_reason=end_reason,
        end_cause=gate.end_cause,
        withheld=tuple(map(mask.text, gate.withheld)),
        receipt=receipt and receipt.with_note(handed_out).masked(mask),
        notes=notes,
        fields=seen_fields(gate.exchanges, mask),
    )
    findings = [finding for rule in RULES for finding in distinct_findings(rule.id, ledger)[:MAX_FINDINGS]]
    saved = saved_findings(findings, gate.exchanges, report, mask, with_capsules=with_capsules)
    return replace(report, saved_findings=saved)
