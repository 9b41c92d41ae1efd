"""What the endpoints do, inside a session that the route opened."""

import html
import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session, contains_eager, joinedload

from .auth import Worker
from .errors import ApiError, bad_request, not_found, not_your_task
from .faults import fault
from .models import Account, CampaignRequest, LogEntry, Server, Task, utc_now
from .schemas import (
    BulkAnswer,
    BulkUpdate,
    FullTaskOut,
    FullTaskPage,
    Heartbeat,
    InvalidItem,
    ItemFailed,
    ItemOk,
    LinkComplete,
    LinkUpdate,
    ListQuery,
    LogBatch,
    TaskOut,
    TaskPage,
    TaskUpdate,
    parse_id,
)
from .variants import variant

STARTED = utc_now()

# The states that may follow each state, by the page's flow.
NEXT_STEP = {
    "pending": {"queued"},
    "queued": {"running"},
    "running": {"completed", "failed", "canceled"},
    "failed": {"pending"},
    "completed": set(),
    "canceled": set(),
}
FORWARD = NEXT_STEP | {
    "pending": {"queued", "running", "completed", "failed", "canceled"},
    "queued": {"running", "completed", "failed", "canceled"},
}


# ---------------------------------------------------------------- heartbeat


def record_heartbeat(session: Session, worker: Worker, beat: Heartbeat) -> str:
    """Keeps the metrics; the answer is the server's name."""
    server = session.get_one(Server, worker.id)
    changes = beat.changes()
    name = changes.pop("server_name", None)
    for field, value in changes.items():
        setattr(server, field, value)
    if name and variant("health-echo-name"):
        server.name = name
    server.status = "online"
    server.last_heartbeat = utc_now()
    return server.name


# ---------------------------------------------------------------- list

Key = tuple[InstrumentedAttribute[Any], bool]  # column, descending


def _order() -> list[Key]:
    """The list's order; always ends with the id, so it is total."""
    if variant("order-newest-first"):
        return [(Task.created_at, True), (Task.id, True)]
    if variant("order-by-id"):
        return [(Task.id, False)]
    if variant("order-by-price"):
        return [(CampaignRequest.auction_price, True), (Task.created_at, False), (Task.id, False)]
    return [(Task.created_at, False), (Task.id, False)]


def _beyond(order: list[Key], values: Sequence[Any], inclusive: bool) -> ColumnElement[bool]:
    """Rows that come after the row with the given key values."""
    choices: list[ColumnElement[bool]] = []
    for index, (column, descending) in enumerate(order):
        same = [earlier == value for (earlier, _), value in zip(order[:index], values)]
        value = values[index]
        choices.append(and_(*same, column < value if descending else column > value))
    if inclusive:
        choices.append(and_(*(column == value for (column, _), value in zip(order, values))))
    return or_(*choices)


def _cursor_values(
    session: Session, order: list[Key], after: str, conditions: list[ColumnElement[bool]]
) -> Sequence[Any] | None:
    """The key of the cursor's row, whatever its status is by now."""
    cursor = parse_id(after)
    if cursor is None:
        return None
    statement = select(*(column for column, _ in order)).select_from(Task).outerjoin(Task.request)
    row = session.execute(statement.where(Task.id == cursor, *conditions)).first()
    return None if row is None else list(row)


def task_dict(task: Task) -> dict[str, Any]:
    request = task.request
    price = request.auction_price if request else 0
    values: dict[str, Any] = {column.name: getattr(task, column.name) for column in Task.__table__.columns}
    values |= {
        "request_name": request.name if request else "",
        "request_website": request.website if request else "",
        "type_request": request.type if request else "",
        "auction_price": int(price) if price == int(price) and not variant("price-as-float") else price,
        "request_status": request.status if request else "",
        "request_created_links": request.created_links if request else 0,
    }
    if variant("null-for-absent"):
        values["link_profile"] = values["link_profile"] or None
        values["link_post"] = values["link_post"] or None
    if variant("details-carries-error") and values["details"] is None:
        values["details"] = values["error_message"]
    if fault("price-rounded"):
        values["auction_price"] = int(price)
    out = (FullTaskOut if variant("extra-task-fields") else TaskOut).model_validate(values).model_dump(mode="json")
    if fault("price-as-text"):
        out["auction_price"] = str(out["auction_price"])
    if fault("retry-count-as-text"):
        out["retry_count"] = str(out["retry_count"])
    if fault("details-none-text"):
        out["details"] = str(out["details"])
    if fault("started-at-empty-text"):
        out["started_at"] = out["started_at"] or ""
    if fault("password-masked"):
        out["password"] = "***"
    if fault("config-missing"):
        del out["config"]
    if fault("request-name-is-id"):
        out["request_name"] = out["request_id"]
    if fault("links-swapped-in-list"):
        out["link_profile"], out["link_post"] = out["link_post"], out["link_profile"]
    return out


def list_tasks(session: Session, worker: Worker, query: ListQuery) -> TaskPage:
    try:
        statuses = query.statuses()
    except ValueError as error:
        raise bad_request("invalid_status", str(error)) from None
    by_cursor = bool(query.after)
    owned = Task.server_id == worker.id
    conditions: list[ColumnElement[bool]] = []
    if not (fault("list-all-servers") or fault("cursor-all-servers") and by_cursor):
        conditions.append(owned)
    if not (fault("cursor-ignores-status") and by_cursor):
        conditions.append(Task.status.in_(statuses))
    if fault("completed-never-listed"):
        conditions.append(Task.status != "completed")
    if query.service_type and not (fault("service-type-ignored") or fault("cursor-ignores-service-type") and by_cursor):
        conditions.append(Task.service_type == query.service_type)

    counted = conditions
    if fault("total-ignores-filter"):
        counted = [owned]
    elif fault("total-all-servers"):
        counted = [condition for condition in conditions if condition is not owned]

    order = _order()
    statement = (
        select(Task)
        .outerjoin(Task.request)
        .options(contains_eager(Task.request))
        .order_by(*(column.desc() if descending else column.asc() for column, descending in order))
    )
    if fault("order-random"):
        statement = statement.order_by(None).order_by(func.random())

    offset = 0
    if query.after:
        scope = [owned, *([Task.status.in_(statuses)] if fault("cursor-lost-when-updated") else [])]
        values = _cursor_values(session, order, query.after, scope)
        if values is not None:
            beyond = _beyond(order, values, inclusive=fault("cursor-inclusive"))
            if fault("cursor-compares-ids"):
                beyond = Task.id > parse_id(query.after)
            conditions = [*conditions, beyond]
            offset = 1 if fault("cursor-skips-one") else 0
        elif variant("unknown-cursor-empty"):
            conditions = [*conditions, Task.id.is_(None)]
        elif not variant("unknown-cursor-restart"):
            raise bad_request("invalid_cursor", "after is not the id of one of your tasks")
        if variant("cursor-total-remaining"):
            counted = conditions
    elif not fault("page-ignored"):
        offset = (query.page - 1) * query.limit
        if fault("page-zero-based"):
            offset = query.page * query.limit
        elif fault("page-overlaps"):
            offset = (query.page - 1) * (query.limit - 1)
        elif fault("page-skips-one"):
            offset = (query.page - 1) * (query.limit + 1)

    total = session.scalar(select(func.count()).select_from(Task).where(*counted)) or 0
    limit = query.limit
    if fault("limit-ignored"):
        limit = 100
    elif fault("limit-plus-one"):
        limit += 1
    tasks: Sequence[Task] = []
    if offset <= max(total, 0) or by_cursor:  # also keeps absurd offsets away from SQLite
        tasks = session.scalars(statement.where(*conditions).offset(offset).limit(limit)).all()
    more = len(tasks) == limit and (by_cursor or offset + limit < total)
    if by_cursor and more:
        more = session.scalars(statement.where(*conditions).offset(limit).limit(1)).first() is not None

    last = tasks[-1].id if tasks else None
    if last and fault("next-cursor-first-item"):
        last = tasks[0].id
    if fault("next-cursor-missing"):
        last = None
    if variant("next-cursor-null-at-end") and not more:
        last = None
    server_id = worker.id
    if fault("list-server-id-first"):
        server_id = session.scalars(select(Server.id).order_by(Server.name)).first() or server_id
    fields: dict[str, Any] = {
        "server_id": server_id,
        "server_name": worker.name,
        "data": [task_dict(task) for task in tasks],
        "total": len(tasks) if fault("total-of-page") else total,
        "page": None if by_cursor and variant("cursor-page-null") else 1 if by_cursor or fault("page-echo-one") else query.page,
        "limit": query.limit,
        "next_cursor": last,
    }
    if variant("extra-envelope"):
        return FullTaskPage(**fields, has_more=more, server_time=utc_now())
    return TaskPage(**fields)


# ---------------------------------------------------------------- changes of a task


def check_owner(task: Task | None, worker: Worker, where: str) -> Task:
    if task is None:
        if fault(f"{where}-missing-500"):
            raise LookupError("no row was found when one was required")
        raise not_found("task")
    if task.server_id != worker.id and not fault(f"{where}-no-owner-check"):
        raise not_found("task") if fault(f"{where}-foreign-404") else not_your_task()
    return task


def owned_task(session: Session, task_id: uuid.UUID | None, worker: Worker, where: str) -> Task:
    options = [joinedload(Task.request)] if variant("callback-full-task") else []
    task = session.get(Task, task_id, options=options) if task_id else None
    return check_owner(task, worker, where)


def _check_flow(task: Task, status: str) -> None:
    if fault("retry-refused") and (task.status, status) == ("failed", "pending"):
        raise bad_request("invalid_status_transition")
    if fault("queued-to-running-refused") and (task.status, status) == ("queued", "running"):
        raise bad_request("invalid_status_transition")
    if status == task.status:
        return
    flow = NEXT_STEP if variant("flow-strict") else FORWARD if variant("flow-forward") else None
    if flow is not None and status not in flow[task.status]:
        raise bad_request("invalid_status_transition", f"{task.status} cannot become {status}")
    if variant("max-retries-enforced") and (task.status, status) == ("failed", "pending"):
        if task.retry_count >= task.max_retries:
            raise bad_request("max_retries_reached")


def stored_text(text: str) -> str:
    """Text as the database gets it: as it came."""
    if fault("text-trimmed"):
        text = text.strip()
    if fault("text-html-escaped"):
        text = html.escape(text)
    if fault("text-cut-255"):
        text = text[:255]
    if fault("text-question-marks"):
        text = text.encode("latin-1", errors="replace").decode("latin-1")
    if fault("text-cut-at-nul"):
        text = text.split("\0")[0]
    if fault("text-lower-cased"):
        text = text.lower()
    if fault("emoji-500") and any(ord(char) > 0xFFFF for char in text):
        raise ValueError("Incorrect string value for column")
    return text


def set_status(task: Task, status: str) -> None:
    """Sets the status and what goes with it."""
    before = task.status
    task.status = "failed" if status == "canceled" and fault("canceled-stored-as-failed") else status
    if status == "running" and task.started_at is None and not variant("started-at-untouched"):
        task.started_at = utc_now()
    if status == "completed" and before != "completed" and not fault("completed-at-unset"):
        task.completed_at = utc_now()
    if (before, status) == ("failed", "pending") and not variant("retry-count-untouched"):
        task.retry_count += 1


def apply_changes(session: Session, task: Task, changes: dict[str, Any], where: str) -> bool:
    """Applies the given fields; says whether anything differs now."""
    changes = {key: value for key, value in changes.items() if key != "link_id"}
    if fault(f"{where}-link-post-ignored"):
        changes.pop("link_post", None)
    if fault(f"{where}-link-profile-ignored"):
        changes.pop("link_profile", None)
    if fault("put-links-swapped") and where == "put":
        swap = {"link_profile": "link_post", "link_post": "link_profile"}
        changes = {swap.get(key, key): value for key, value in changes.items()}
    if fault("error-message-lost"):
        changes.pop("error_message", None)
    if fault("note-lost"):
        changes.pop("note", None)
    if fault("callback-update-clears") and where == "callback-update":
        changes = {"link_profile": "", "link_post": "", **changes}
    status = changes.pop("status", None)
    changed = False
    if status is not None:
        _check_flow(task, status)
        changed = status != task.status
        if changed and status == "completed" and variant("put-completed-counts"):
            count_link(session, task)
        if not (fault("put-status-ignored-with-links") and where == "put" and changes):
            set_status(task, status)
    for field, value in changes.items():
        if isinstance(value, str):
            value = stored_text(value)
        if value is None and field in ("link_profile", "link_post"):
            value = ""
        changed = changed or getattr(task, field) != value
        setattr(task, field, value)
    return changed


def update_task(session: Session, worker: Worker, task_id: uuid.UUID | None, change: TaskUpdate) -> tuple[Task, bool]:
    task = owned_task(session, task_id, worker, "put")
    changed = apply_changes(session, task, change.changes(), "put")
    if fault("put-not-committed"):
        session.rollback()
    return task, changed


def update_many(session: Session, worker: Worker, batch: BulkUpdate) -> BulkAnswer:
    """Each item succeeds or fails on its own, in one transaction."""
    ids = {parse_id(item.link_id) for item in batch.items if item.link_id} - {None}
    tasks = {task.id: task for task in session.scalars(select(Task).where(Task.id.in_(ids)))}
    results: list[ItemOk | ItemFailed] = []
    leaked: dict[str, Any] = {}
    failed_before = False
    for index, item in enumerate(batch.items):
        try:
            if isinstance(item, InvalidItem):
                raise bad_request("invalid_item")
            changes = item.changes()
            if fault("bulk-values-leak"):
                leaked |= changes
                changes = dict(leaked)
            if failed_before and fault("bulk-stops-at-failure"):
                results.append(ItemFailed(link_id=item.link_id, error="aborted"))
                continue
            task_id = parse_id(item.link_id)
            task = check_owner(tasks.get(task_id) if task_id else None, worker, "bulk")
            if not (fault("bulk-last-item-dropped") and index == len(batch.items) - 1 and index):
                apply_changes(session, task, changes, "bulk")
            results.append(ItemOk(link_id=item.link_id))
        except ApiError as error:
            failed_before = True
            if fault("bulk-foreign-403") and error.status == 403:
                raise
            code = "forbidden" if fault("bulk-foreign-error-name") and error.status == 403 else error.code
            results.append(ItemFailed(link_id=item.link_id, error=code))
    if failed_before and fault("bulk-rolls-back"):
        session.rollback()
    if fault("bulk-not-committed"):
        session.rollback()
    total = len(results)
    good = sum(isinstance(result, ItemOk) for result in results)
    bad = total - good
    if fault("bulk-results-failed-only"):
        results = [result for result in results if isinstance(result, ItemFailed)]
    if fault("bulk-failed-missing-in-results"):
        results = [result for result in results if isinstance(result, ItemOk)]
    if fault("bulk-success-counts-all"):
        good = total
    if fault("bulk-failed-always-zero"):
        bad = 0
    if fault("bulk-total-counts-good"):
        total = good
    return BulkAnswer(total=total, success=good, failed=bad, results=results)


# ---------------------------------------------------------------- callbacks


STALE_COUNTS: dict[uuid.UUID, int] = {}  # only for the fault created-links-lost-update


def count_link(session: Session, task: Task) -> None:
    """One more created link, counted by the database."""
    if fault("created-links-not-incremented"):
        return
    if fault("created-links-lost-update"):
        request = session.get(CampaignRequest, task.request_id)
        if request is not None:
            request.created_links = STALE_COUNTS.setdefault(request.id, request.created_links) + 1
        return
    step = 2 if fault("created-links-twice") else 1
    session.execute(
        update(CampaignRequest)
        .where(CampaignRequest.id == task.request_id)
        .values(created_links=CampaignRequest.created_links + step)
    )


def callback_update(session: Session, worker: Worker, change: LinkUpdate) -> Task:
    task = owned_task(session, parse_id(change.link_id), worker, "callback-update")
    apply_changes(session, task, change.changes(), "callback-update")
    if fault("callback-update-not-committed"):
        session.rollback()
    return task


def callback_complete(session: Session, worker: Worker, change: LinkComplete) -> Task:
    """Completing twice is harmless: the link is counted once (unless a variant says otherwise)."""
    task = owned_task(session, parse_id(change.link_id), worker, "callback-complete")
    already = task.status == "completed"
    if already and variant("complete-twice-400"):
        raise bad_request("already_completed")
    apply_changes(session, task, change.changes(), "callback-complete")
    if not fault("complete-status-unset"):
        set_status(task, "completed")
    if not already or variant("complete-again-counts"):
        count_link(session, task)
    return task


def set_request_status(session: Session, worker: Worker, request_id: uuid.UUID | None, status: str) -> uuid.UUID:
    request = session.get(CampaignRequest, request_id) if request_id else None
    if request is None:
        if fault("request-missing-200"):
            return request_id or uuid.UUID(int=0)
        if fault("request-missing-500"):
            raise LookupError("no row was found when one was required")
        raise not_found("request")
    if variant("own-requests-only"):
        mine = select(Task.id).where(Task.request_id == request.id, Task.server_id == worker.id).limit(1)
        if session.scalar(mine) is None:
            raise not_your_task()
    request.status = status
    if fault("request-status-not-committed"):
        session.rollback()
    return request.id


def set_account_status(session: Session, worker: Worker, account_id: uuid.UUID | None, status: str) -> uuid.UUID:
    account = session.get(Account, account_id) if account_id else None
    if account is None:
        if fault("account-missing-200"):
            return account_id or uuid.UUID(int=0)
        if fault("account-missing-500"):
            raise LookupError("no row was found when one was required")
        raise not_found("account")
    if variant("own-accounts-only"):
        mine = select(Task.id).where(Task.account_id == account.id, Task.server_id == worker.id).limit(1)
        if session.scalar(mine) is None:
            raise not_your_task()
    account.status = status
    if fault("account-status-all-rows"):
        session.execute(update(Account).values(status=status))
    return account.id


# ---------------------------------------------------------------- logs


def store_logs(session: Session, worker: Worker, batch: LogBatch) -> int:
    lines = batch.logs
    if fault("logs-duplicates-dropped"):
        lines = list({line.message: line for line in lines}.values())
    if fault("logs-debug-dropped"):
        lines = [line for line in lines if line.level != "DEBUG"]
    if fault("logs-long-500") and any(len(line.message) > 1000 for line in lines):
        raise ValueError("value too long for type character varying(1000)")
    if fault("logs-emoji-500") and any(ord(char) > 0xFFFF for line in lines for char in line.message):
        raise ValueError("Incorrect string value for column")
    for line in lines:
        session.add(LogEntry(server_id=worker.id, level=line.level, message=line.message))
    session.flush()
    if fault("logs-not-stored"):
        session.rollback()
    return 1 if fault("logs-created-one") else len(lines) - (fault("logs-created-off-by-one") and len(lines) > 1)

