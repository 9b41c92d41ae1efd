"""Runs single steps of the conformance tests against this server. A whole run would take too long."""

from __future__ import annotations

from collections.abc import Sequence

from tests.independent.choices import Choices
from tests.independent.fault import Fault
from tests.independent.running import CORRECT_CHOICES, running
from workerkit.contracts.conformance import _check_all_exchanges
from workerkit.contracts.gate.gate import Gate
from workerkit.contracts.run.ledger import Finding, Ledger
from workerkit.contracts.scripted.lists import list_by_default
from workerkit.contracts.scripted.script import Step, new_context
from workerkit.contracts.target.plan import Plan, Writes
from workerkit.contracts.target.run_clock import RunClock
from workerkit.contracts.target.target import Target
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.spec.api import worker_api


def step_trial(
    steps: Sequence[Step],
    choices: Choices = CORRECT_CHOICES,
    fault: Fault | None = None,
    *,
    tasks: int | None = None,
) -> tuple[list[Finding], list[Exchange]]:
    """Returns the findings and the exchanges of some steps. They run in their order, with all writes allowed.

    tasks: how many tasks the steps may use. None for all.
    """
    ledger, exchanges = step_ledger(steps, choices, fault, tasks=tasks)
    return ledger.findings, exchanges


def step_ledger(
    steps: Sequence[Step],
    choices: Choices = CORRECT_CHOICES,
    fault: Fault | None = None,
    *,
    tasks: int | None = None,
) -> tuple[Ledger, list[Exchange]]:
    """Like `step_trial`, but returns all results and not only the findings."""
    with running(choices, fault) as server:
        seeded = server.seeded
        keys = (seeded.api_key, seeded.other_api_key, seeded.inactive_api_key)
        return run_steps(Target(server.base_url, *keys, seeded.account_id), steps, tasks=tasks)


def run_steps(
    target: Target, steps: Sequence[Step], *, tasks: int | None = None
) -> tuple[Ledger, list[Exchange]]:
    """Returns the results and the exchanges of some steps against a server, with all writes allowed."""
    plan, clock, ledger = Plan(Writes.ALL), RunClock(), Ledger()
    gate = Gate(target, plan, worker_api(), clock=clock, watcher=lambda _: None)
    try:
        context = new_context(target, plan, gate, ledger, clock)
        list_by_default(context)
        del context.tasks[tasks if tasks is not None else len(context.tasks) :]
        for step in steps:
            step(context)
    finally:
        gate.close()
    _check_all_exchanges(gate, ledger)
    return ledger, gate.exchanges
