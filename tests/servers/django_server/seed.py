"""Load the data file into the fresh database."""

import json

from django.db import transaction
from django.utils.dateparse import parse_datetime

from .models import Account, LinkRequest, Server, Task

TEXT = ("service_type", "site_name", "email", "username", "password", "about", "link_profile",
        "link_post", "error_message", "note")


def _task(row):
    values = {name: row.get(name) or "" for name in TEXT}
    for name in ("id", "server_id", "request_id", "account_id", "site_id", "details", "config"):
        values[name] = row.get(name)
    for name in ("status", "retry_count", "max_retries", "is_indexed"):
        if row.get(name) is not None:
            values[name] = row[name]
    for name in ("started_at", "completed_at", "created_at"):
        if row.get(name):
            values[name] = parse_datetime(row[name])
    if isinstance(values["config"], (dict, list)):
        values["config"] = json.dumps(values["config"])
    return Task(**values)


@transaction.atomic
def load(path):
    with open(path, encoding="utf-8") as file:
        data = json.load(file)
    Server.objects.bulk_create(
        Server(**{k: row[k] for k in ("id", "name", "api_key", "status")}) for row in data["servers"])
    Account.objects.bulk_create(Account(id=row["id"], status=row["status"]) for row in data["accounts"])
    LinkRequest.objects.bulk_create(
        LinkRequest(**{k: row[k] for k in ("id", "name", "website", "type", "auction_price", "status")},
                    created_links=row.get("created_links") or 0)
        for row in data["requests"])
    Task.objects.bulk_create((_task(row) for row in data["tasks"]), batch_size=100)
