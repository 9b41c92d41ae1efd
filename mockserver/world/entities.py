"""The entities of a world: servers, tasks, customers' requests, accounts and log entries.

Times are seconds since 1970.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from workerkit.openapi.formats.timestamp import TimeWriter, time_text


@dataclass(slots=True)
class Server:
    """A tool server.

    keys: its API keys.
    revoked: whether the world refuses all keys of this server now.
    heartbeat: the fields of its heartbeats, each with its newest value; None before the first heartbeat.
    heartbeat_at: the time of the newest heartbeat.
    active_since: when its status last became active; None if the world began with this status.
    """

    id: str
    name: str
    status: str
    keys: list[str]
    revoked: bool = False
    heartbeat: dict[str, Any] | None = None
    heartbeat_at: float | None = None
    active_since: float | None = None

    def as_json(self) -> dict[str, Any]:
        """The server as the control plane shows it."""
        return {
            "id": self.id,
            "name": self.name,
            "api_key": self.keys[0] if self.keys else None,
            "keys": list(self.keys),
            "revoked": self.revoked,
            "status": self.status,
            "heartbeat": self.heartbeat,
            "heartbeat_at": _optional_time_text(self.heartbeat_at),
        }


@dataclass(slots=True)
class Account:
    """An account on websites. A worker uses it to do tasks."""

    id: str
    email: str
    username: str
    password: str
    about: str
    status: str

    def as_json(self) -> dict[str, Any]:
        """The account as the control plane shows it."""
        return {
            "id": self.id,
            "email": self.email,
            "username": self.username,
            "password": self.password,
            "about": self.about,
            "status": self.status,
        }


@dataclass(slots=True)
class CustomerRequest:
    """A customer's request. Each task belongs to one.

    created_links: how many links were completed for this request.
    """

    id: str
    name: str
    website: str
    type: str
    auction_price: float
    status: str
    created_links: int = 0

    def as_json(self) -> dict[str, Any]:
        """The customer's request as the control plane shows it."""
        return {
            "id": self.id,
            "name": self.name,
            "website": self.website,
            "type": self.type,
            "auction_price": self.auction_price,
            "status": self.status,
            "created_links": self.created_links,
        }


@dataclass(slots=True)
class Task:
    """A task (the API page also calls it a link).

    place: its position in the list order. Positions are unique in a world; gaps are possible.
    server: the name of the server that the task is assigned to.
    """

    id: str
    place: int
    server: str
    request: CustomerRequest
    account: Account
    service_type: str
    site_id: str
    site_name: str
    created_at: float
    status: str = "pending"
    config: str = "{}"
    details: Any = None
    retry_count: int = 0
    max_retries: int = 3
    started_at: float | None = None
    completed_at: float | None = None
    link_profile: str = ""
    link_post: str = ""
    error_message: str | None = None
    note: str | None = None
    is_indexed: bool | None = None

    @property
    def has_retries(self) -> bool:
        """Whether the task can be tried again after a failure."""
        return self.retry_count < self.max_retries

    def list_item(self, write: TimeWriter = time_text) -> dict[str, Any]:
        """The task as an item of the answer of `GET /tasks`.

        write: formats the times.
        """
        return {
            "id": self.id,
            "request_id": self.request.id,
            "service_type": self.service_type,
            "site_id": self.site_id,
            "site_name": self.site_name,
            "email": self.account.email,
            "username": self.account.username,
            "password": self.account.password,
            "about": self.account.about,
            "link_profile": self.link_profile,
            "link_post": self.link_post,
            "status": self.status,
            "retry_count": self.retry_count,
            "max_retries": self.max_retries,
            "details": self.details,
            "started_at": _optional_time_text(self.started_at, write),
            "created_at": write(self.created_at),
            "request_name": self.request.name,
            "request_website": self.request.website,
            "type_request": self.request.type,
            "auction_price": self.request.auction_price,
            "config": self.config,
        }

    def as_json(self) -> dict[str, Any]:
        """The task as the control plane shows it: the list item, and fields that workers do not get."""
        return {
            **self.list_item(),
            "server": self.server,
            "account_id": self.account.id,
            "completed_at": _optional_time_text(self.completed_at),
            "error_message": self.error_message,
            "note": self.note,
            "is_indexed": self.is_indexed,
        }


@dataclass(frozen=True, slots=True)
class LogEntry:
    """A log entry that a server sent.

    server: the name of the server.
    at: when the entry was stored.
    fields: all fields that the server sent.
    """

    server: str
    at: float
    fields: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The entry as the control plane shows it."""
        return {**self.fields, "server": self.server, "at": time_text(self.at)}


def _optional_time_text(at: float | None, write: TimeWriter = time_text) -> str | None:
    return None if at is None else write(at)
