"""A refused valid request has a message that says what was sent and what came."""

from __future__ import annotations

import pytest

from tests.contracts.small_server import Json, RefusedError, SmallServer, serving
from workerkit.contracts.gate.gate import Gate
from workerkit.contracts.generated.schemathesis_checks import SchemathesisBudget, run_schemathesis
from workerkit.contracts.target.plan import Plan, Writes
from workerkit.contracts.target.run_clock import RunClock
from workerkit.openapi.spec.api import worker_api


class RefusesLogs(SmallServer):
    def _logs(self, body: object) -> Json:
        raise RefusedError(400, "bad_request")


@pytest.mark.long
def test_a_refused_valid_request() -> None:
    with serving(RefusesLogs()) as target:
        plan = Plan(Writes.ALL)
        gate = Gate(target, plan, worker_api(), clock=RunClock(), watcher=lambda _: None)
        outcomes = list(run_schemathesis(target, plan, gate, SchemathesisBudget(1)))
        gate.close()
    flaws = {(outcome.rule, outcome.flaw) for outcome in outcomes if outcome.flaw is not None}
    assert flaws == {("logs", "a valid request was answered 400, expected 2xx")}
