"""The stock checks: schemathesis' engine, run against a target through the gate.

The only file that knows schemathesis. Its engine is no public API, so its version is pinned.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import requests
from schemathesis.config import SchemathesisConfig
from schemathesis.core.transport import Response
from schemathesis.engine import events, from_schema
from schemathesis.engine.errors import ServerUnavailable, UnhealthyAPIError, UnresponsiveOperationError
from schemathesis.generation.case import Case
from schemathesis.hooks import HookContext
from schemathesis.specs.openapi.schemas import OpenApiSchema
from schemathesis.transport.requests import REQUESTS_TRANSPORT, RequestsTransport

from workerkit.contracts.gate.gate import (
    GATE_URL,
    INTERRUPTED,
    KEY_HEADER,
    TOO_MANY_REQUESTS,
    Cause,
    Gate,
    RunEndedError,
)
from workerkit.contracts.generated.isolated_hypothesis import isolated_hypothesis
from workerkit.contracts.page import lenient_spec
from workerkit.contracts.page.rules import OPERATION_RULES
from workerkit.contracts.relations.parsed_exchange import ParsedExchange
from workerkit.contracts.relations.refusable import may_be_refused
from workerkit.contracts.target.plan import Plan, Writes
from workerkit.contracts.target.target import Target
from workerkit.openapi.errors import WorkerkitError
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.spec.document import Json

# Not run, because the relations judge them on every exchange, the engine's included, and know the silences:
# not_a_server_error, status_code_conformance, response_schema_conformance, negative_data_rejection.
# Not run, because the page does not speak of it: checks of DELETE, of creating POSTs, of wrong methods.
_CHECKS = ("content_type_conformance", "positive_data_acceptance", "ignored_auth")
# In a sandbox: not the status of a request, which cannot be put back.
_SANDBOX_WRITES = ("updateTask", "bulkUpdateTasks", "updateLink", "completeLink")
_NAME_A_TASK = ("BulkItem", "LinkUpdate", "LinkCompletion")
# What a target that does not answer looks like to the engine; the relations judge it.
_NO_ANSWER = (
    requests.ConnectionError,
    requests.Timeout,
    requests.exceptions.ChunkedEncodingError,
    ServerUnavailable,
    UnhealthyAPIError,
    UnresponsiveOperationError,
)


@dataclass(frozen=True, slots=True)
class StockOutcome:
    """What a stock check says of an exchange: `flaw` is what is wrong, or None where the rule is kept."""

    rule: str
    flaw: str | None
    exchange: Exchange


@dataclass(frozen=True, slots=True)
class CheckBudget:
    """How much the engine generates: examples for an operation, and walks through linked operations."""

    examples: int
    walks: int
    steps: int


def run_stock(
    target: Target, plan: Plan, gate: Gate, effort: CheckBudget, sandbox: frozenset[str] = frozenset()
) -> Iterator[StockOutcome]:
    """The outcomes of the stock checks, as they come; `sandbox` are the tasks that may be written to.

    Ends when the engine has done its effort or the gate lets nothing more through. Raises EngineFailed
    where the engine itself fails.
    """
    transport = _GatedTransport(gate, target.api_key)
    schema = _schema(target, plan, effort, sandbox, transport)
    with isolated_hypothesis():
        stream = from_schema(schema).execute()
        for event in stream:
            _raise_defect(event)
            if isinstance(event, events.ScenarioFinished):
                yield from _outcomes(event, transport)
            if isinstance(event, events.Interrupted):
                gate.end(INTERRUPTED, Cause.PERSON)
            if gate.ended:
                stream.stop()


class EngineFailedError(WorkerkitError, RuntimeError):
    """The engine of the stock checks failed; a defect of the kit, not a finding."""


def _raise_defect(event: events.EngineEvent) -> None:
    error = event.exception if isinstance(event, events.FatalError) else None
    if isinstance(event, events.NonFatalError) and not isinstance(event.value, _NO_ANSWER):
        error = event.value
    if error is not None:
        raise EngineFailedError(repr(error)) from error


class _GatedTransport(RequestsTransport):
    """Sends everything through the gate, whichever session the engine or one of its checks brings."""

    def __init__(self, gate: Gate, api_key: str) -> None:
        super().__init__()
        self._api_key = api_key
        self._copy_serializers_from(REQUESTS_TRANSPORT)
        self._gate = gate
        self._session = gate.session()
        self.exchanges: dict[str, Exchange] = {}

    def may_leave(self, _context: HookContext, case: Case[Any]) -> bool:
        """True for a case that the gate would let through with the run's own key."""
        data = self.serialize_case(case, base_url=GATE_URL, headers={KEY_HEADER: self._api_key})
        try:
            return self._gate.may_leave(self._session.prepare_request(requests.Request(**data)))
        except requests.RequestException:
            return False

    def send(self, case: Case[Any], *, session: requests.Session | None = None, **kwargs: Any) -> Response:
        try:
            return super().send(case, session=self._session, **kwargs)
        except RunEndedError:
            raise KeyboardInterrupt from None
        finally:
            if self._gate.exchanges:
                self.exchanges[case.id] = self._gate.exchanges[-1]


class _GatedSchema(OpenApiSchema):
    """A schema all of whose cases, and all of whose checks' own requests, are sent by the gated transport."""

    gated: _GatedTransport

    @property
    def transport(self) -> _GatedTransport:
        return self.gated


def _schema(
    target: Target, plan: Plan, effort: CheckBudget, sandbox: frozenset[str], transport: _GatedTransport
) -> _GatedSchema:
    config = SchemathesisConfig.from_dict(_config(target, plan, effort))
    root = _requests(sandbox)
    schema = _GatedSchema(raw_schema=root, config=config.projects.get(root))
    schema.gated = transport
    if plan.writes is not Writes.ALL:
        schema.filter_set.include(operation_id=_operations(sandbox))
        schema.hooks.register_hook_with_name(transport.may_leave, "filter_case")
    return schema


def _operations(sandbox: frozenset[str]) -> list[str]:
    return ["listTasks", *(_SANDBOX_WRITES if sandbox else ())]


def _requests(sandbox: frozenset[str]) -> Json:
    """What requests are generated from; in a sandbox, the only ids there are its tasks'."""
    root = deepcopy(lenient_spec.plain_requests().root)
    if sandbox:
        ids = {"type": "string", "enum": sorted(sandbox)}
        schemas = root["components"]["schemas"]
        for name in _NAME_A_TASK:
            schemas[name]["properties"]["link_id"] = ids
        for parameter in root["paths"]["/tasks/{id}"]["put"]["parameters"]:
            parameter["schema"] = ids
            parameter.pop("example", None)
    return root


def _config(target: Target, plan: Plan, effort: CheckBudget) -> dict[str, Any]:
    writing = plan.writes is Writes.ALL
    return {
        "base-url": GATE_URL,
        "headers": {KEY_HEADER: target.api_key},
        "seed": plan.seed,
        "workers": 1,
        "continue-on-failure": True,
        "max-redirects": 0,
        "suppress-health-check": ["all"],
        "cache": {"enabled": False},
        "warnings": False,
        "analysis": {"constants": {"enabled": False}},
        "generation": {"database": "none", "max-examples": effort.examples, "no-shrink": True},
        "checks": {"enabled": False, **{check: {"enabled": True} for check in _CHECKS}},
        "phases": _phases(effort, writing=writing),
    }


def _phases(effort: CheckBudget, *, writing: bool) -> dict[str, Any]:
    found_in_answers = {"extra-data-sources": {"responses": writing}}
    return {
        "examples": {"enabled": True, **found_in_answers},
        "coverage": {"enabled": True, "unexpected-methods": [], **found_in_answers},
        "fuzzing": {"enabled": True, "error-feedback": {"enabled": False}, **found_in_answers},
        "stateful": {
            "enabled": writing,
            "max-steps": effort.steps,
            "generation": {"max-examples": effort.walks},
            "inference": {"algorithms": []},
        },
    }


def _outcomes(event: events.ScenarioFinished, transport: _GatedTransport) -> Iterator[StockOutcome]:
    for case_id, checks in event.recorder.checks.items():
        for check in checks:
            failure = check.failure_info.failure if check.failure_info else None
            shown = transport.exchanges.get((failure and failure.case_id) or case_id)
            if shown is not None and shown.status != TOO_MANY_REQUESTS:
                yield from _outcome(check.name, failure, shown)


def _outcome(check: str, failure: Any, exchange: Exchange) -> Iterator[StockOutcome]:
    operation = str(ParsedExchange(exchange).operation)
    rule = "key-required" if check == "ignored_auth" else OPERATION_RULES[operation]
    if failure is None:
        if exchange.accepted:
            yield StockOutcome(rule, None, exchange)
    elif check != "positive_data_acceptance" or not may_be_refused(exchange):
        yield StockOutcome(rule, f"{failure.title}: {' '.join(str(failure.message).split())}", exchange)
