"""Callbacks: results that a worker sends back."""

import uuid
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from . import services
from .answers import answer, format_id
from .auth import CurrentWorker, Db
from .errors import ApiError
from .faults import fault
from .models import Task
from .schemas import (
    AccountStatusChange,
    CallbackAnswer,
    LinkComplete,
    LinkUpdate,
    RequestStatusChange,
    SuccessAnswer,
    parse_id,
)
from .variants import variant

router = APIRouter(prefix="/callback")


def _done(kind: str, value: uuid.UUID, task: dict[str, Any] | None = None) -> Response:
    """The page does not show these answers; they look like the one of PUT /tasks/:id."""
    if variant("callback-short-answer"):
        return answer(SuccessAnswer())
    data = task if task and variant("callback-full-task") else {"updated": True, f"{kind}_id": format_id(value)}
    return answer(CallbackAnswer(data=data))


def _task_done(task: Task) -> Response:
    return _done("link", task.id, services.task_dict(task) if variant("callback-full-task") else None)


@router.post("/link/update", response_model=CallbackAnswer)
def update_link(change: LinkUpdate, worker: CurrentWorker, database: Db) -> Response:
    try:
        with database.write() as session:
            task = services.callback_update(session, worker, change)
    except ApiError as error:
        if error.status == 404 and (fault("callback-missing-200") or fault("callback-link-id-optional")):
            return _done("link", parse_id(change.link_id) or uuid.UUID(int=0))
        raise
    return _task_done(task)


@router.post("/link/complete", response_model=CallbackAnswer)
def complete_link(change: LinkComplete, worker: CurrentWorker, database: Db) -> Response:
    with database.write() as session:
        task = services.callback_complete(session, worker, change)
    return _task_done(task)


@router.post("/request/status", response_model=CallbackAnswer)
def request_status(change: RequestStatusChange, worker: CurrentWorker, database: Db) -> Response:
    with database.write() as session:
        request_id = services.set_request_status(session, worker, parse_id(change.request_id), change.status)
    return _done("request", request_id)


@router.post("/account/status", response_model=CallbackAnswer)
def account_status(change: AccountStatusChange, worker: CurrentWorker, database: Db) -> Response:
    with database.write() as session:
        account_id = services.set_account_status(session, worker, parse_id(change.account_id), change.status)
    return _done("account", account_id)
