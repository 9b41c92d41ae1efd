"""The X-API-Key header."""

import time
import uuid
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyHeader
from sqlalchemy import func, select

from .database import Database
from .errors import ApiError
from .faults import fault
from .models import Server

ACTIVE = ("online", "active")

_header = APIKeyHeader(name="X-API-Key", auto_error=False)
_last: list["Worker"] = []  # only for the fault worker-global


@dataclass(frozen=True)
class Worker:
    """The server that calls."""

    id: uuid.UUID
    name: str


def get_database(request: Request) -> Database:
    database: Database = request.app.state.database
    return database


Db = Annotated[Database, Depends(get_database)]


def authenticate(database: Database, key: str | None, path: str = "") -> Worker:
    with database.read() as session:
        server: Server | None = None
        if not key and (
            fault("auth-no-key-first-server")
            or fault("logs-auth-skipped") and path.endswith("/logs")
            or fault("account-auth-skipped") and path.endswith("/callback/account/status")
            or fault("complete-auth-skipped") and path.endswith("/callback/link/complete")
        ):
            server = session.scalars(select(Server).order_by(Server.name).limit(1)).first()
        elif key:
            matches = Server.api_key == key
            if fault("auth-key-prefix"):
                matches = Server.api_key.startswith(key, autoescape=True)
            elif fault("auth-key-any-case"):
                matches = func.lower(Server.api_key) == key.lower()
            server = session.scalars(select(Server).where(matches).limit(1)).first()
        if server is None:
            raise ApiError(403 if fault("auth-403") else 401, "invalid_api_key")
        allowed = ("online",) if fault("active-refused") else ACTIVE
        if fault("offline-accepted") or fault("offline-accepted-for-updates") and "/tasks/" in path:
            allowed = (*allowed, "offline")
        if server.status not in allowed:
            raise ApiError(403 if fault("offline-403") else 401, "server_not_active")
        return Worker(server.id, server.name)


def current_worker(request: Request, database: Db, key: Annotated[str | None, Security(_header)]) -> Worker:
    worker: Worker | None = getattr(request.state, "worker", None)  # set by the variant auth-first
    if worker is None:
        worker = authenticate(database, key, request.url.path)
    if fault("worker-global"):
        _last[:] = [worker]
        time.sleep(0.02)
        return _last[0]
    return worker


CurrentWorker = Annotated[Worker, Depends(current_worker)]
