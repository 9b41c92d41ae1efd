"""Fills the database. The same seed gives the same data."""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from tests.independent.call import Record
from tests.independent.store import Store, insert

_SERVERS = [("hanoi-07", "active"), ("danang-02", "online"), ("saigon-11", "offline")]
_SHARES = [
    {"pending": 70, "queued": 45, "running": 12, "completed": 11, "failed": 7, "canceled": 5},
    {"pending": 8, "queued": 4, "running": 3, "completed": 2, "failed": 2, "canceled": 1},
    {"pending": 3, "queued": 1, "running": 1},
]
_SERVICES = ["entity", "social", "blog20", "forum"]
_SITES = ["behance.example", "about.example", "medium.example", "quora.example", "issuu.example"]
_FAMILIES = ["nguyen", "tran", "le", "pham", "vo", "dang", "bui"]
_NAMES = ["lan", "minh", "huong", "quan", "thao", "khoa", "yen", "phuc"]
_CAMPAIGNS = ["Trà Thái Nguyên", "Homestay Đà Lạt", "Gốm Bát Tràng", "Cà phê Buôn Ma Thuột", "Nón lá Huế"]
_TASK_SECONDS = 173.75


@dataclass(frozen=True)
class SeedData:
    """The API keys of three servers, and an account.

    api_key: an active server with many tasks.
    other_api_key: another active server.
    inactive_api_key: an offline server.
    account_id: an account of the first server.
    """

    api_key: str
    other_api_key: str
    inactive_api_key: str
    account_id: str


class Seeder:
    """Fills an empty store. The tasks were created in the days before `now` (seconds since 1970)."""

    def __init__(self, store: Store, *, seed: int, now: float) -> None:
        self._store = store
        self._random = Random(seed)
        self._now = now

    def fill(self) -> SeedData:
        with self._store.transaction() as db:
            servers = [self._server(db, name, status) for name, status in _SERVERS]
            accounts = [
                self._tasks(db, server["id"], shares) for server, shares in zip(servers, _SHARES, strict=True)
            ]
        keys = [server["api_key"] for server in servers]
        return SeedData(keys[0], keys[1], keys[2], accounts[0][0])

    def _server(self, db: sqlite3.Connection, name: str, status: str) -> Record:
        key = f"lpk_{self._random.getrandbits(160):040x}"
        server = {"id": self._id(), "name": name, "api_key": key, "status": status, "seen": self._now}
        insert(db, "servers", server)
        return server

    def _tasks(self, db: sqlite3.Connection, server_id: str, shares: dict[str, int]) -> list[str]:
        """Adds tasks. Returns the ids of their accounts."""
        requests = [self._request(db, campaign) for campaign in _CAMPAIGNS]
        accounts = [self._account(db) for _ in range(9)]
        statuses = [status for status, count in shares.items() for _ in range(count)]
        self._random.shuffle(statuses)
        begin = self._now - 10_000 - _TASK_SECONDS * len(statuses)
        for number, status in enumerate(statuses):
            task = self._task(status, begin + _TASK_SECONDS * number)
            owners = {
                "server_id": server_id,
                "request_id": self._one(requests),
                "account_id": self._one(accounts),
            }
            insert(db, "tasks", task | owners)
        return accounts

    def _request(self, db: sqlite3.Connection, campaign: str) -> str:
        request = {
            "id": self._id(),
            "name": f"{campaign} {self._random.randint(2, 40)}",
            "website": f"https://shop-{self._random.randint(100, 999)}.example",
            "type": self._one(["normal", "normal", "auction"]),
            "auction_price": self._random.randrange(0, 500, 25),
            "config": json.dumps({"language": "vi", "words": self._random.randint(200, 900)}),
            "created_links": self._random.randint(0, 30),
        }
        insert(db, "requests", request)
        return str(request["id"])

    def _account(self, db: sqlite3.Connection) -> str:
        name = f"{self._one(_NAMES)}.{self._one(_FAMILIES)}{self._random.randint(70, 2005)}"
        account = {
            "id": self._id(),
            "email": f"{name}@thu.example",
            "username": name.replace(".", "_"),
            "password": f"Mk-{self._random.getrandbits(48):012x}",
            "about": f"Xin chào, tôi là {name.split('.')[0].title()}.",
        }
        insert(db, "accounts", account)
        return account["id"]

    def _task(self, status: str, created: float) -> Record:
        began = status not in ("pending", "queued")
        done = status == "completed"
        site = self._one(_SITES)
        return {
            "id": self._id(),
            "service_type": self._one(_SERVICES),
            "site_id": str(uuid.uuid5(uuid.NAMESPACE_DNS, site)),
            "site_name": site,
            "status": status,
            "link_profile": f"https://{site}/u/{self._random.getrandbits(32)}" if done else "",
            "link_post": f"https://{site}/p/{self._random.getrandbits(32)}" if done else "",
            "created_at": created,
            "started_at": created + 3600 if began else None,
            "completed_at": created + 3700 if done else None,
        }

    def _one(self, values: Sequence[str]) -> str:
        return self._random.choice(values)

    def _id(self) -> str:
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))
