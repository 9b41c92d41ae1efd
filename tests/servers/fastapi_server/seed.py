"""Loads the data file into a fresh database."""

import json
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from .database import Database
from .models import Account, Base, CampaignRequest, Server, Task

TIMES = ("started_at", "completed_at", "created_at")
IDS = ("id", "server_id", "request_id", "account_id", "site_id")


def _row(model: type[Base], values: dict[str, Any]) -> Base:
    row = {name: values[name] for name in model.__table__.columns.keys() if name in values}
    for name in IDS:
        if row.get(name) is not None:
            row[name] = uuid.UUID(row[name])
    for name in TIMES:
        if row.get(name) is not None:
            moment = datetime.fromisoformat(row[name])
            row[name] = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if model is Task:
        for name in ("site_name", "email", "username", "password", "about", "link_profile", "link_post", "service_type"):
            row[name] = row.get(name) or ""
    return model(**row)


def load(database: Database, path: Path) -> None:
    data = json.loads(path.read_text(encoding="utf-8"))
    tables: dict[str, type[Base]] = {
        "servers": Server, "accounts": Account, "requests": CampaignRequest, "tasks": Task,
    }
    with database.write() as session:
        for name, model in tables.items():
            session.add_all([_row(model, values) for values in data.get(name, [])])
            session.flush()
