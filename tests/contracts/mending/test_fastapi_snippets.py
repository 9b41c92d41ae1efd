"""The snippets for FastAPI answer as their rules demand, in one app."""

from __future__ import annotations

import asyncio
import typing
import uuid
from collections.abc import Callable
from enum import StrEnum
from typing import Any

from fastapi import FastAPI, Query
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from httpx import ASGITransport, AsyncClient
from pydantic import BaseModel, Field

from workerkit.contracts.mending.server_mending import server_mendings

IN_FASTAPI = {rule for rule, mending in server_mendings().items() if mending.language == "python"}
USAGE = {"cpu_usage": 45.5, "ram_usage": 60.2, "disk_usage": 30.0, "active_threads": 5, "active_tasks": 12}
HEARTBEAT = {"server_name": "server-01", "ip": "192.168.1.100", **USAGE}
LINK = str(uuid.uuid4())
# For each rule: the model of the body, a body that is valid, and one that is not.
BODIES: dict[str, tuple[str, Any, Any]] = {
    "bad-request": ("Heartbeat", HEARTBEAT, {**HEARTBEAT, "ram_usage": "much"}),
    "bulk": ("BulkUpdate", {"items": [{}] * 500}, {"items": [{}] * 501}),
    "logs": ("LogBatch", {"logs": [{"level": "INFO", "message": ""}] * 500}, {"logs": [{}] * 501}),
    "logs-levels": ("LogEntry", {"level": "WARN", "message": ""}, {"level": "WARNING", "message": ""}),
    "link-update-required": ("LinkUpdate", {"link_id": LINK, "status": "running"}, {"status": "running"}),
    "link-update-optional": ("LinkUpdate", {"link_id": LINK}, {"link_id": LINK, "status": "done"}),
}
# These have models that other snippets use.
FIRST = ("update-status", "logs-levels")


def snippet_app() -> FastAPI:
    """An app with all snippets. At the path of a rule's id it takes the rule's body."""
    names: dict[str, Any] = {
        "app": FastAPI(),
        "read_page": lambda page, limit: {"page": page, "limit": limit},
        "BulkItem": dict[str, Any],
        "UUID": uuid.UUID,
        "Literal": typing.Literal,
        "StrEnum": StrEnum,
        "BaseModel": BaseModel,
        "Field": Field,
        "Query": Query,
        "JSONResponse": JSONResponse,
        "RequestValidationError": RequestValidationError,
    }
    for rule in dict.fromkeys([*FIRST, *sorted(IN_FASTAPI)]):
        exec(compile(server_mendings()[rule].snippet, rule, "exec", dont_inherit=True), names)
    app: FastAPI = names["app"]
    for rule, (model, _, _) in BODIES.items():
        app.post(f"/{rule}")(taking(names[model]))
    return app


def test_each_snippet_for_fastapi_is_tried() -> None:
    assert {*BODIES, "statuses", "list-limit", "update-status"} == IN_FASTAPI


def test_the_snippets_answer_400_to_what_is_not_valid() -> None:
    asyncio.run(check(snippet_app()))


async def check(app: FastAPI) -> None:
    async with AsyncClient(transport=ASGITransport(app), base_url="http://app") as client:
        for rule, (_, valid, wrong) in BODIES.items():
            assert (await client.post(f"/{rule}", json=valid)).status_code == 200, rule
            assert (await client.post(f"/{rule}", json=wrong)).status_code == 400, rule
        for limit, status in (("1000", 200), ("1001", 400), ("0", 400), ("ten", 400)):
            assert (await client.get("/tasks", params={"limit": limit})).status_code == status
        assert (await client.get("/tasks")).json() == {"page": 1, "limit": 100}


def taking(model: Any) -> Callable[[Any], dict[str, bool]]:
    """A handler that takes a body of this model."""

    def handle(body: Any) -> dict[str, bool]:
        return {"success": True}

    handle.__annotations__["body"] = model
    return handle
