"""The data of the servers: three servers, four customers' requests, three accounts and 300 tasks."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

Json = dict[str, Any]
_TASKS = 300
_STATUSES = {"pending": 45, "queued": 20, "running": 8, "completed": 12, "failed": 10, "canceled": 5}
_STARTED = ("running", "completed", "failed")
_FIRST = datetime(2025, 12, 1, 10, 0, tzinfo=UTC)
_ABOUTS = ("Bio text", "Giới thiệu ngắn", "Yêu thích du lịch & ẩm thực", "")
_REQUESTS = (("A", "normal", 100), ("B", "auction", 250), ("C", "normal", 99.5), ("D", "auction", 40))


def world(seed: int) -> Json:
    """The data for `--data`: servers, accounts, requests and tasks. The same seed gives the same data."""
    chance = Random(f"servers {seed}")
    servers = [
        _server(chance, number, status) for number, status in enumerate(("online", "active", "offline"), 1)
    ]
    accounts = [{"id": _new_id(chance), "status": status} for status in ("active", "active", "inactive")]
    requests = [_request(chance, *fields) for fields in _REQUESTS]
    tasks = [_task(chance, number, servers, accounts, requests) for number in range(_TASKS)]
    chance.shuffle(tasks)
    return {"servers": servers, "accounts": accounts, "requests": requests, "tasks": tasks}


def _new_id(chance: Random) -> str:
    return str(uuid.UUID(int=chance.getrandbits(128), version=4))


def _server(chance: Random, number: int, status: str) -> Json:
    name, key = f"server-0{number}", f"key-Server-0{number}-{chance.getrandbits(64):016x}"
    return {"id": _new_id(chance), "name": name, "api_key": key, "status": status}


def _request(chance: Random, letter: str, kind: str, price: float) -> Json:
    return {
        "id": _new_id(chance),
        "name": f"Campaign {letter}",
        "website": f"https://target-{letter.lower()}.example",
        "type": kind,
        "auction_price": price,
        "status": "running",
        "created_links": chance.randrange(20),
    }


def _task(
    chance: Random, number: int, servers: list[Json], accounts: list[Json], requests: list[Json]
) -> Json:
    created = _FIRST + timedelta(seconds=97 * number)
    (status,) = chance.choices(list(_STATUSES), list(_STATUSES.values()))
    request, site, user = chance.choice(requests), f"site-{chance.randrange(8)}.example", f"user{number:03}"
    is_completed = status == "completed"
    return {
        "id": _new_id(chance),
        "server_id": servers[0 if chance.random() < 0.62 else 1]["id"],
        "request_id": request["id"],
        "account_id": chance.choice(accounts)["id"],
        "service_type": chance.choice(("entity", "blog", "social", "forum")),
        "site_id": str(uuid.uuid5(uuid.NAMESPACE_DNS, site)),
        "site_name": site,
        "email": f"{user}@mail.example",
        "username": user,
        "password": f"pw-{chance.getrandbits(32):08x}",
        "about": chance.choice(_ABOUTS),
        "link_profile": f"https://{site}/profile/{user}" if is_completed else "",
        "link_post": f"https://{site}/post/{number}" if is_completed else "",
        "status": status,
        "retry_count": chance.randrange(4) if status == "failed" else 0,
        "max_retries": 3,
        "details": None,
        "started_at": _text(created + timedelta(minutes=5)) if status in _STARTED else None,
        "completed_at": _text(created + timedelta(minutes=9)) if is_completed else None,
        "created_at": _text(created),
        "error_message": "Captcha failed" if status == "failed" else None,
        "note": None,
        "is_indexed": False,
        "config": json.dumps({"delay": chance.randrange(1, 10), "language": "vi"}),
        "request_name": request["name"],
        "request_website": request["website"],
        "type_request": request["type"],
        "auction_price": request["auction_price"],
    }


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
