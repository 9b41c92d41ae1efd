"""Makes records of runs by hand. All are session-wide, so that properties can use them too."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import jsonschema_rs
import pytest

from workerkit.openapi import yamlsource
from workerkit.openapi.exchange import Exchange
from workerkit.scenarios.run import Run
from workerkit.scenarios.scenario import Scenario, ServerPlan, WorldPlan
from workerkit.scenarios.schema import scenario_schema

START = 1_764_583_200.0


@pytest.fixture(scope="session")
def attempt() -> Callable[..., Exchange]:
    """An exchange that began so many seconds after the start; without more, an update refused with 401."""

    def make(began: float, **fields: Any) -> Exchange:
        exchange = Exchange(
            number=0,
            operation="updateTask",
            server="server-01",
            method="PUT",
            path="/api/v1/worker/tasks/6f1e2c1a-0000-4000-8000-000000000001",
            query="",
            request_headers=(("x-api-key", "server-01-key"),),
            request_body=b'{"status": "completed"}',
            status=401,
            answer_headers=(),
            answer_body=b'{"success": false, "error": "unauthorized"}',
            began=START + began,
            ended=START + began + 0.001,
        )
        return replace(exchange, **fields)

    return make


@pytest.fixture(scope="session")
def by_schema() -> Callable[[str], bool]:
    """Whether a scenario file is sound by the schema for editors."""
    validator = jsonschema_rs.Draft7Validator(scenario_schema(), validate_formats=True)
    return lambda text: validator.is_valid(yamlsource.load(text, name="x.yaml").plain())


@pytest.fixture(scope="session")
def run_of() -> Callable[..., Run]:
    """A run with these exchanges, brought in order and numbered from 1."""
    world = WorldPlan((ServerPlan("server-01"),), ())
    whole = Run(
        scenario=Scenario("quiet-day", "Nothing happens", "Nothing at all.", world),
        exchanges=(),
        tasks=(),
        events=(),
        exit_code=0,
        ended_by="exit",
        server="server-01",
        key="server-01-key",
    )

    def make(exchanges: Iterable[Exchange] = (), **fields: Any) -> Run:
        in_order = sorted(exchanges, key=lambda exchange: exchange.began)
        numbered = tuple(replace(each, number=number) for number, each in enumerate(in_order, 1))
        return replace(whole, exchanges=numbered, **fields)

    return make
