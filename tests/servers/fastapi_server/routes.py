"""Heartbeat, tasks and logs."""

import time
from typing import Annotated, Any

from fastapi import APIRouter, Query
from sqlalchemy import Connection
from starlette.background import BackgroundTask
from starlette.responses import Response

from . import services
from .answers import answer
from .auth import CurrentWorker, Db, Worker
from .database import Database
from .errors import ApiError, bad_request
from .faults import fault
from .models import utc_now
from .schemas import (
    BulkAnswer,
    BulkUpdate,
    Heartbeat,
    HeartbeatAnswer,
    HeartbeatData,
    ListQuery,
    LogBatch,
    LogsAnswer,
    TaskPage,
    TaskUpdate,
    Updated,
    UpdateAnswer,
    parse_id,
)
from .variants import variant

router = APIRouter()

_cache: dict[Any, tuple[float, TaskPage]] = {}  # only for the faults list-cached and list-cache-shared
_leaked: list[Connection] = []  # only for the fault pool-exhausted


@router.post("/health", response_model=HeartbeatAnswer)
def health(beat: Heartbeat, worker: CurrentWorker, database: Db) -> Response:
    with database.write() as session:
        name = services.record_heartbeat(session, worker, beat)
    data = HeartbeatData(
        status="online" if fault("health-status-online") else "ok",
        server_id=worker.id,
        server_name=name,
        server_time=services.STARTED if fault("health-time-frozen") else utc_now(),
    )
    response = answer(HeartbeatAnswer(data=data), media_type="text/html" if fault("health-content-type-html") else None)
    return response


@router.get("/tasks", response_model=TaskPage)
def list_tasks(query: Annotated[ListQuery, Query()], worker: CurrentWorker, database: Db) -> Response:
    if fault("list-cached") or fault("list-cache-shared"):
        return answer(_cached_list(query, worker, database))
    with database.read() as session:
        page = services.list_tasks(session, worker, query)
    return answer(page, media_type="text/plain" if fault("list-content-type-text") else None)


def _cached_list(query: ListQuery, worker: Worker, database: Database) -> TaskPage:
    key = (query.model_dump_json(), worker.id if fault("list-cached") else None)
    expires, page = _cache.get(key, (0.0, None))
    if page is None or expires < time.monotonic():
        with database.read() as session:
            page = services.list_tasks(session, worker, query)
        _cache[key] = (time.monotonic() + 3, page)
    return page


def update_many(batch: BulkUpdate, worker: CurrentWorker, database: Db) -> Response:
    with database.write() as session:
        result = services.update_many(session, worker, batch)
    return answer(result, 207 if result.failed and variant("bulk-207") else 200)


def update_one(task_id: str, change: TaskUpdate, worker: CurrentWorker, database: Db) -> Response:
    link_id = parse_id(task_id)
    if link_id is None and not variant("bad-id-404"):
        raise bad_request("invalid_id", "the task's id is not a UUID")
    if fault("lost-update"):
        change = _stale_copy(database, worker, task_id, change)
    if fault("commit-after-answer"):
        return _answer_first(database, worker, task_id, change)
    try:
        with database.write() as session:
            task, changed = services.update_task(session, worker, link_id, change)
            if fault("db-locked-500"):
                session.flush()
                time.sleep(0.05)
    except ApiError:
        if fault("pool-exhausted"):
            _leaked.append(database.engine.connect())
        raise
    if fault("put-204"):
        return Response(status_code=204)
    updated = (changed or not variant("noop-updated-false")) and not fault("put-updated-false")
    shown = task.request_id if fault("put-link-id-wrong") else task.id
    return answer(UpdateAnswer(data=Updated(updated=updated, link_id=shown)))


def _stale_copy(database: Database, worker: Worker, task_id: str, change: TaskUpdate) -> TaskUpdate:
    """The fault lost-update: the whole row is read, and written back later in another transaction."""
    with database.read() as session:
        task = services.owned_task(session, parse_id(task_id), worker, "put")
        row = {"link_profile": task.link_profile, "link_post": task.link_post, "status": task.status}
    time.sleep(0.1)
    return TaskUpdate.model_validate(row | change.changes())


def _answer_first(database: Database, worker: Worker, task_id: str, change: TaskUpdate) -> Response:
    """The fault commit-after-answer."""
    with database.read() as session:
        task = services.owned_task(session, parse_id(task_id), worker, "put")

    def later() -> None:
        time.sleep(0.5)
        with database.write() as session:
            services.update_task(session, worker, parse_id(task_id), change)

    body = UpdateAnswer(data=Updated(updated=True, link_id=task.id))
    return answer(body, background=BackgroundTask(later))


def _add_update_routes() -> None:
    """The fixed path must come first, or "bulk" is taken for an id."""
    bulk_first = not fault("put-bulk-shadowed")
    if bulk_first:
        router.add_api_route("/tasks/bulk", update_many, methods=["PUT"], response_model=BulkAnswer)
    router.add_api_route("/tasks/{task_id}", update_one, methods=["PUT"], response_model=UpdateAnswer)
    if not bulk_first:
        router.add_api_route("/tasks/bulk", update_many, methods=["PUT"], response_model=BulkAnswer)


_add_update_routes()


@router.post("/logs", response_model=LogsAnswer)
def store_logs(batch: LogBatch, worker: CurrentWorker, database: Db) -> Response:
    with database.write() as session:
        created = services.store_logs(session, worker, batch)
    return answer(LogsAnswer(created=created), 201 if variant("logs-201") else 200)
