"""Runs the engine and some checks of Schemathesis on the target. All requests go through the gate.

This is the only file that uses Schemathesis. Parts of what it uses are not public: `USED_NAMES` and the
configuration are checked when this file is imported, and the range of versions in pyproject.toml is tried at
both ends.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from http.client import BAD_GATEWAY
from typing import Any

import requests
from schemathesis.config import ConfigError, SchemathesisConfig
from schemathesis.core.transport import Response
from schemathesis.engine import events, from_schema
from schemathesis.engine.recorder import CheckFailureInfo, CheckNode, ScenarioRecorder
from schemathesis.filters import FilterSet
from schemathesis.generation.case import Case
from schemathesis.hooks import HookContext, HookDispatcher
from schemathesis.specs.openapi.schemas import OpenApiSchema
from schemathesis.transport.requests import REQUESTS_TRANSPORT, RequestsTransport

from workerkit.contracts.gate.gate import (
    GATE_URL,
    INTERRUPTED,
    TOO_MANY_REQUESTS,
    EndCause,
    Gate,
    GatedSession,
    RunEndedError,
)
from workerkit.contracts.gate.way_trouble import LeftOutError
from workerkit.contracts.generated.isolated_hypothesis import isolated_hypothesis
from workerkit.contracts.generated.used_names import check_used_names
from workerkit.contracts.page import lenient_spec
from workerkit.contracts.page.rules import OPERATION_RULES
from workerkit.contracts.relations.parsed_exchange import ParsedExchange
from workerkit.contracts.relations.refusable import may_be_refused
from workerkit.contracts.relations.request_text import request_text, unusual_part
from workerkit.contracts.target.plan import Plan, Writes
from workerkit.contracts.target.target import Target
from workerkit.openapi.errors import WorkerkitError
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.formats.strict_json import is_json
from workerkit.openapi.languages.phrase import phrase
from workerkit.openapi.spec.api import worker_api
from workerkit.openapi.spec.document import Json

# Some checks of Schemathesis do not run: not_a_server_error, status_code_conformance, negative_data_rejection
# and response_schema_conformance. The code in `relations/` checks the same on every exchange. It accepts all
# behaviour that the API page leaves open.
# Checks of DELETE, of POSTs that create something and of wrong methods do not run either. The API page says
# nothing about them.
_CHECKS = ("content_type_conformance", "positive_data_acceptance", "ignored_auth")
# The writes in a sandbox. setRequestStatus is not one of them, because the API does not show the old status.
_SANDBOX_WRITES = ("updateTask", "bulkUpdateTasks", "updateLink", "completeLink")
_SCHEMAS_WITH_TASK_ID = ("BulkItem", "LinkUpdate", "LinkCompletion")
# What this file uses beyond the names that it imports.
USED_NAMES = (
    (OpenApiSchema, "filter_set"),
    (OpenApiSchema, "hooks"),
    (OpenApiSchema, "transport"),
    (FilterSet, "include"),
    (HookDispatcher, "register_hook_with_name"),
    (RequestsTransport, "_copy_serializers_from"),
    (RequestsTransport, "serialize_case"),
    (RequestsTransport, "send"),
    (events.ScenarioFinished, "recorder"),
    (events.Interrupted, "id"),
    (events.FatalError, "exception"),
    (events.NonFatalError, "value"),
    (ScenarioRecorder, "checks"),
    (CheckNode, "name"),
    (CheckNode, "failure_info"),
    (CheckFailureInfo, "failure"),
)
check_used_names("schemathesis", USED_NAMES)


@dataclass(frozen=True, slots=True)
class SchemathesisOutcome:
    """The result of one check of one exchange.

    rule: the id of the rule that the check tests.
    flaw: the violation of the rule, or None if the rule is kept.
    exchange: the exchange.
    """

    rule: str
    flaw: str | None
    exchange: Exchange


@dataclass(frozen=True, slots=True)
class SchemathesisBudget:
    """The limits of the engine.

    examples: the number of random requests for each operation.
    """

    examples: int


def run_schemathesis(
    target: Target, plan: Plan, gate: Gate, budget: SchemathesisBudget, sandbox: frozenset[str] = frozenset()
) -> Iterator[SchemathesisOutcome]:
    """The outcomes of the checks, as soon as they are known.

    sandbox: the ids of the tasks that the engine may change.
    Ends when the budget is used up, or when the gate sends no more requests.
    Raises EngineFailedError if the engine itself fails.
    """
    transport = _GatedTransport(gate, target.api_key)
    schema = _schema(target, plan, budget, sandbox, transport)
    with isolated_hypothesis():
        stream = from_schema(schema).execute()
        for event in stream:
            _raise_engine_error(event)
            if isinstance(event, events.ScenarioFinished):
                yield from _outcomes(event, transport)
            if isinstance(event, events.Interrupted):
                gate.end_run(INTERRUPTED, EndCause.PERSON)
            if gate.end_reason:
                stream.stop()


class EngineFailedError(WorkerkitError, RuntimeError):
    """The engine of Schemathesis failed. This is a defect of workerkit, not a finding."""


def _raise_engine_error(event: events.EngineEvent) -> None:
    error = event.exception if isinstance(event, events.FatalError) else None
    if isinstance(event, events.NonFatalError):
        error = event.value
    if error is not None:
        raise EngineFailedError(repr(error)) from error


class _OnceSession(GatedSession):
    """Sends each request only once. If the same request comes again, returns the first answer.

    last_exchange: the exchange of the last request, or None.
    """

    def __init__(self, gate: Gate) -> None:
        super().__init__(gate)
        self._gate = gate
        self._answers: dict[tuple[Any, ...], tuple[requests.Response, Exchange | None]] = {}
        self.last_exchange: Exchange | None = None

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        key = (request.method, request.url, request.body, request.headers.get(worker_api().key_header_name))
        if key not in self._answers:
            self._answers[key] = super().send(request, **kwargs), self._gate.last_sent
        response, self.last_exchange = self._answers[key]
        return response


class _GatedTransport(RequestsTransport):
    """Sends every request through the gate. Ignores the session that the engine or a check passes.

    exchanges: the last exchange of each case with an answer of the target, by case id.
    """

    def __init__(self, gate: Gate, api_key: str) -> None:
        super().__init__()
        self._api_key = api_key
        self._copy_serializers_from(REQUESTS_TRANSPORT)
        self._gate = gate
        self._session = _OnceSession(gate)
        self.exchanges: dict[str, Exchange] = {}

    def is_allowed(self, _context: HookContext, case: Case[Any]) -> bool:
        """True if the gate allows the request of the case with the API key of the run."""
        key_header = {worker_api().key_header_name: self._api_key}
        data = self.serialize_case(case, base_url=GATE_URL, headers=key_header)
        try:
            return self._gate.is_allowed(self._session.prepare_request(requests.Request(**data)))
        except requests.RequestException:
            return False

    def send(self, case: Case[Any], *, session: requests.Session | None = None, **kwargs: Any) -> Response:
        try:
            response = super().send(case, session=self._session, **kwargs)
        except RunEndedError:
            raise KeyboardInterrupt from None
        except LeftOutError as error:
            # The engine would stop the tests of an operation after an error. No check of this case has an
            # exchange, so `_outcomes` leaves its checks out.
            return Response(BAD_GATEWAY, {}, b"", error.sent, elapsed=0.0, verify=True)
        if self._session.last_exchange is not None:
            self.exchanges[case.id] = self._session.last_exchange
        if not is_json(response.content):
            # The engine takes values for further requests from the body, and cannot read every body.
            response.content = b""
        return response


class _GatedSchema(OpenApiSchema):
    """A schema that uses the gated transport for all its cases, and for the requests of the checks."""

    gated_transport: _GatedTransport

    @property
    def transport(self) -> _GatedTransport:
        return self.gated_transport


def _schema(
    target: Target,
    plan: Plan,
    budget: SchemathesisBudget,
    sandbox: frozenset[str],
    transport: _GatedTransport,
) -> _GatedSchema:
    config = _config(
        target.api_key, seed=plan.seed, examples=budget.examples, may_write=plan.writes is Writes.ALL
    )
    root = _request_spec(sandbox)
    schema = _GatedSchema(raw_schema=root, config=config.projects.get(root))
    schema.gated_transport = transport
    if plan.writes is not Writes.ALL:
        schema.filter_set.include(operation_id=_operations(sandbox))
        schema.hooks.register_hook_with_name(transport.is_allowed, "filter_case")
    return schema


def _operations(sandbox: frozenset[str]) -> list[str]:
    return ["listTasks", *(_SANDBOX_WRITES if sandbox else ())]


def _request_spec(sandbox: frozenset[str]) -> Json:
    """The spec from which the engine makes requests. In a sandbox, only the ids of its tasks are allowed."""
    root = deepcopy(lenient_spec.plain_request_spec().root)
    if sandbox:
        ids = {"type": "string", "enum": sorted(sandbox)}
        schemas = root["components"]["schemas"]
        for name in _SCHEMAS_WITH_TASK_ID:
            schemas[name]["properties"]["link_id"] = ids
        for parameter in root["paths"]["/tasks/{id}"]["put"]["parameters"]:
            parameter["schema"] = ids
            parameter.pop("example", None)
    return root


def _config(api_key: str, *, seed: int, examples: int, may_write: bool) -> SchemathesisConfig:
    settings = {
        "base-url": GATE_URL,
        "headers": {worker_api().key_header_name: api_key},
        "seed": seed,
        "workers": 1,
        "continue-on-failure": True,
        "max-redirects": 0,
        "suppress-health-check": ["all"],
        "cache": {"enabled": False},
        "warnings": False,
        "analysis": {"constants": {"enabled": False}},
        "generation": {"database": "none", "max-examples": examples, "no-shrink": True},
        "checks": {"enabled": False, **{check: {"enabled": True} for check in _CHECKS}},
        "phases": _phases(may_write=may_write),
    }
    return SchemathesisConfig.from_dict(settings)


def check_configuration() -> None:
    """Raises ImportError if this version of Schemathesis does not know a word of the configuration."""
    try:
        _config("key", seed=1, examples=1, may_write=True)
    except ConfigError as error:
        raise ImportError(str(error), name="schemathesis") from None


def _phases(*, may_write: bool) -> dict[str, Any]:
    values_from_answers = {"extra-data-sources": {"responses": may_write}}
    # The steps in `scripted/` send each value of each field, and the episodes send sequences. They need fewer
    # requests than the phases `coverage` and `stateful`.
    return {
        "examples": {"enabled": True, **values_from_answers},
        "coverage": {"enabled": False},
        "fuzzing": {"enabled": True, "error-feedback": {"enabled": False}, **values_from_answers},
        "stateful": {"enabled": False},
    }


def _outcomes(event: events.ScenarioFinished, transport: _GatedTransport) -> Iterator[SchemathesisOutcome]:
    for case_id, checks in event.recorder.checks.items():
        for check in checks:
            failure = check.failure_info.failure if check.failure_info else None
            exchange = transport.exchanges.get((failure and failure.case_id) or case_id)
            if exchange is not None and exchange.status != TOO_MANY_REQUESTS:
                yield from _outcome(check.name, failure, exchange)


def _outcome(check: str, failure: Any, exchange: Exchange) -> Iterator[SchemathesisOutcome]:
    parsed = ParsedExchange(exchange)
    rule = "key-required" if check == "ignored_auth" else OPERATION_RULES[str(parsed.operation)]
    if failure is None:
        if exchange.accepted:
            yield SchemathesisOutcome(rule, None, exchange)
    elif check == "ignored_auth":
        yield SchemathesisOutcome(rule, _wrong_key_flaw(exchange), exchange)
    elif check != "positive_data_acceptance":
        flaw = f"{failure.title}: {' '.join(str(failure.message).split())}"
        yield SchemathesisOutcome(rule, flaw, exchange)
    elif not may_be_refused(exchange):
        flaw = phrase(
            "{request_text} was answered {status}, expected {expected}",
            request_text=unusual_part(parsed),
            status=exchange.status,
            expected="2xx",
        )
        yield SchemathesisOutcome(rule, flaw, exchange)


def _wrong_key_flaw(exchange: Exchange) -> str:
    request = request_text(exchange)
    has_key = exchange.header(worker_api().key_header) is not None
    return phrase(
        "{request_text} was answered {status}, expected {expected}",
        request_text=phrase("{request} with {key}", request=request, key=phrase("an unknown key"))
        if has_key
        else request,
        status=exchange.status,
        expected="401",
    )


check_configuration()
