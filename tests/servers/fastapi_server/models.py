"""Tables."""

import uuid
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, DateTime, Float, ForeignKey, Index, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from sqlalchemy.types import TypeDecorator

from .faults import fault

TASK_STATUSES = ("pending", "queued", "running", "completed", "failed", "canceled")
LOG_LEVELS = ("INFO", "WARN", "ERROR", "DEBUG")


def utc_now() -> datetime:
    return datetime.now(UTC)


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC times; SQLite keeps them without a zone."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value if value is None else value.replace(tzinfo=UTC)


class Base(DeclarativeBase):
    type_annotation_map = {datetime: UtcDateTime, str: Text, Any: JSON}


class Server(Base):
    __tablename__ = "servers"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    api_key: Mapped[str] = mapped_column(unique=True)
    status: Mapped[str]
    ip: Mapped[str | None]
    cpu_usage: Mapped[float | None]
    ram_usage: Mapped[float | None]
    disk_usage: Mapped[float | None]
    active_threads: Mapped[int | None]
    active_tasks: Mapped[int | None]
    last_heartbeat: Mapped[datetime | None]


class Account(Base):
    __tablename__ = "accounts"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    status: Mapped[str]


class CampaignRequest(Base):
    """A customer's request; named so as not to be mistaken for an HTTP request."""

    __tablename__ = "requests"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    website: Mapped[str]
    type: Mapped[str]
    auction_price: Mapped[float] = mapped_column(Float)
    status: Mapped[str]
    created_links: Mapped[int] = mapped_column(default=0)


class Task(Base):
    __tablename__ = "tasks"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    server_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("servers.id"))
    request_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("requests.id"))
    account_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("accounts.id"))
    service_type: Mapped[str]
    site_id: Mapped[uuid.UUID | None]
    site_name: Mapped[str]
    email: Mapped[str]
    username: Mapped[str]
    password: Mapped[str]
    about: Mapped[str]
    link_profile: Mapped[str] = mapped_column(default="")
    link_post: Mapped[str] = mapped_column(default="")
    status: Mapped[str] = mapped_column(default="pending")
    retry_count: Mapped[int] = mapped_column(default=0)
    max_retries: Mapped[int] = mapped_column(default=3)
    details: Mapped[Any] = mapped_column(JSON(none_as_null=True), nullable=True)
    config: Mapped[Any] = mapped_column(JSON(none_as_null=True), nullable=True)
    error_message: Mapped[str | None]
    note: Mapped[str | None]
    is_indexed: Mapped[bool] = mapped_column(default=False)
    started_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=utc_now)

    request: Mapped[CampaignRequest | None] = relationship(lazy="raise")

    __table_args__ = (
        Index("ix_tasks_server_status_created", "server_id", "status", "created_at", "id"),
        *([CheckConstraint("length(link_profile) <= 255")] if fault("long-text-500") else []),
    )


class LogEntry(Base):
    __tablename__ = "logs"

    id: Mapped[int] = mapped_column(primary_key=True)
    server_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("servers.id"), index=True)
    level: Mapped[str]
    message: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
