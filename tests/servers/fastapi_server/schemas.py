"""What comes in and what goes out."""

import ipaddress
import uuid
from datetime import datetime
from functools import partial
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    InstanceOf,
    PlainSerializer,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    field_validator,
    model_validator,
)

from .answers import format_id, format_time
from .faults import fault
from .models import LOG_LEVELS, TASK_STATUSES
from .variants import variant

MAX_BATCH = 500
MAX_LIMIT = 1000
DEFAULT_LIMIT = 50 if fault("limit-default-50") else 100
REQUEST_STATUSES = ("pending", "queued", "running", "processing", "active", "paused", "completed", "failed", "canceled")
ACCOUNT_STATUSES = ("active", "inactive", "pending", "suspended", "banned", "error", "disabled")


def parse_id(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


# ---------------------------------------------------------------- kinds of values


def _check_text(value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:  # JSON can name half of a surrogate pair, UTF-8 cannot
        raise ValueError("holds a lone surrogate") from None
    if variant("nul-refused") and "\0" in value:
        raise ValueError("must not hold NUL")
    return value


def _check_link(value: str) -> str:
    if variant("link-length-2048") and len(value) > 2048:
        raise ValueError("longer than 2048 characters")
    if variant("links-checked") and value:
        try:
            parts = urlsplit(value)
        except ValueError:
            raise ValueError("not a URL") from None
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise ValueError("not an http(s) URL")
    return _check_text(value)


def _check_id(value: str) -> str:
    if parse_id(value) is None and not variant("bad-id-404"):
        raise ValueError("not a UUID")
    return value


def _check_status(where: str, value: str | None) -> str | None:
    if value is None or fault(f"{where}-status-any"):
        return value
    allowed = set(TASK_STATUSES)
    if fault(f"{where}-status-canceled-refused"):
        allowed = (allowed - {"canceled"}) | {"cancelled"}
    if fault(f"{where}-status-queued-refused"):
        allowed.discard("queued")
    if value not in allowed:
        raise ValueError(f"must be one of {', '.join(TASK_STATUSES)}")
    return value


def _one_of(allowed: tuple[str, ...], when: str, value: str) -> str:
    _check_text(value)
    if variant(when) and value not in allowed:
        raise ValueError(f"must be one of {', '.join(allowed)}")
    return value


def _check_level(value: str) -> str:
    if variant("log-level-any-case"):
        value = value.upper()
    allowed = set(LOG_LEVELS)
    if fault("logs-warn-refused"):
        allowed = (allowed - {"WARN"}) | {"WARNING"}
    if fault("logs-debug-refused"):
        allowed.discard("DEBUG")
    if value not in allowed and not fault("logs-level-unchecked"):
        raise ValueError(f"must be one of {', '.join(LOG_LEVELS)}")
    return value


def _check_ip(value: str) -> str:
    if variant("ip-checked"):
        ipaddress.ip_address(value)
    return _check_text(value)


PlainText = Annotated[str, AfterValidator(_check_text)]
Link = Annotated[str, AfterValidator(_check_link)]
Id = Annotated[str, AfterValidator(_check_id)]
Percent = Annotated[float, Field(ge=0, allow_inf_nan=False, le=100 if variant("health-percent-range") else None)]
Count = Annotated[int, Field(ge=0, le=None if fault("huge-int-500") else 2**31 - 1)]
RequestStatus = Annotated[
    str, Field(min_length=1, max_length=50), AfterValidator(partial(_one_of, REQUEST_STATUSES, "request-status-listed"))
]
AccountStatus = Annotated[
    str, Field(min_length=1, max_length=50), AfterValidator(partial(_one_of, ACCOUNT_STATUSES, "account-status-listed"))
]
OutId = Annotated[uuid.UUID, PlainSerializer(format_id, return_type=str)]
OutTime = Annotated[datetime, PlainSerializer(format_time, return_type=str)]
MIN_BATCH = 0 if variant("empty-batch-ok") else 1


def _batch_limit(name: str) -> int:
    return MAX_BATCH - fault(f"{name}-limit-499") + fault(f"{name}-limit-501")


# ---------------------------------------------------------------- requests


class Body(BaseModel):
    model_config = ConfigDict(
        extra="forbid" if variant("unknown-fields-refused") else "ignore",
        strict=variant("strict-types"),
        coerce_numbers_to_str=variant("numbers-as-text"),
    )

    @model_validator(mode="before")
    @classmethod
    def refuse_nulls(cls, data: Any) -> Any:
        if variant("null-refused") and isinstance(data, dict):
            nulls = [key for key, value in data.items() if value is None]
            if nulls:
                raise ValueError("null is not allowed")
        return data

    def changes(self) -> dict[str, Any]:
        """The fields that the client gave, without null ones unless null clears."""
        given = self.model_dump(exclude_unset=True)
        if variant("null-clears"):
            return {key: value for key, value in given.items() if value is not None or key not in ("status", "is_indexed")}
        return {key: value for key, value in given.items() if value is not None}


def _whole_percent(value: Any) -> Any:
    if fault("health-float-refused") and isinstance(value, float) and not value.is_integer():
        raise ValueError("must be a whole number")
    return value


class Heartbeat(Body):
    server_name: PlainText | None = None
    ip: Annotated[str, AfterValidator(_check_ip)] | None = None
    cpu_usage: Annotated[Percent | None, BeforeValidator(_whole_percent)] = None
    ram_usage: Percent | None = None
    disk_usage: Percent | None = None
    active_threads: Count | None = None
    active_tasks: Count | None = None

    @model_validator(mode="after")
    def all_given(self) -> Self:
        if variant("health-fields-required"):
            missing = [name for name in type(self).model_fields if getattr(self, name) is None]
            if missing:
                raise ValueError(f"missing: {', '.join(missing)}")
        return self


class Links(Body):
    link_profile: Link | None = None
    link_post: Link | None = None


class TaskChange(Links):
    error_message: PlainText | None = None


class TaskUpdate(TaskChange):
    status: Annotated[str | None, AfterValidator(partial(_check_status, "put"))] = None
    note: PlainText | None = None
    is_indexed: bool | None = None

    @model_validator(mode="after")
    def something_given(self) -> Self:
        if variant("empty-update-400") and not self.model_fields_set & TaskUpdate.model_fields.keys():
            raise ValueError("nothing to update")
        if fault("is-indexed-refused") and "is_indexed" in self.model_fields_set:
            raise ValueError("is_indexed is read-only")
        return self


class BulkItem(TaskUpdate):
    link_id: PlainText
    status: Annotated[str | None, AfterValidator(partial(_check_status, "bulk"))] = None

    @field_validator("link_id")
    @classmethod
    def well_formed(cls, value: str) -> str:
        if variant("bulk-bad-id-400") and parse_id(value) is None:
            raise ValueError("not a UUID")
        return value


class InvalidItem(BaseModel):
    """An item that cannot be read; kept to be reported on its own."""

    link_id: str | None


def _read_item(raw: Any) -> BulkItem | InvalidItem:
    try:
        return BulkItem.model_validate(raw)
    except ValidationError:
        link_id = raw.get("link_id") if isinstance(raw, dict) else None
        return InvalidItem(link_id=link_id if isinstance(link_id, str) else None)


class BulkUpdate(Body):
    items: Annotated[
        list[BulkItem | InstanceOf[InvalidItem]], Field(min_length=MIN_BATCH, max_length=_batch_limit("bulk"))
    ]

    @field_validator("items", mode="before")
    @classmethod
    def read_one_by_one(cls, items: Any) -> Any:
        if isinstance(items, list) and fault("bulk-501-cut"):
            items = items[:MAX_BATCH]
        if isinstance(items, list) and variant("bulk-item-errors"):
            return [_read_item(raw) for raw in items]
        return items

    @model_validator(mode="after")
    def no_duplicates(self) -> Self:
        if variant("bulk-duplicates-refused"):
            ids = [parse_id(item.link_id) or item.link_id for item in self.items if item.link_id is not None]
            if len(ids) != len(set(ids)):
                raise ValueError("an id occurs twice")
        return self


class LogLine(Body):
    level: Annotated[str, AfterValidator(_check_level)]
    message: PlainText

    @model_validator(mode="before")
    @classmethod
    def default_level(cls, data: Any) -> Any:
        if variant("log-level-default") and isinstance(data, dict) and "level" not in data:
            return {"level": "INFO", **data}
        return data


class LogBatch(Body):
    logs: Annotated[list[LogLine], Field(min_length=MIN_BATCH, max_length=_batch_limit("logs"))]


class LinkUpdate(TaskChange):
    link_id: Id
    status: Annotated[str | None, AfterValidator(partial(_check_status, "callback"))] = None

    @model_validator(mode="before")
    @classmethod
    def required(cls, data: Any) -> Any:
        if fault("callback-link-id-optional") and isinstance(data, dict) and "link_id" not in data:
            return {"link_id": str(uuid.UUID(int=0)), **data}
        if fault("callback-status-required") and isinstance(data, dict) and "status" not in data:
            raise ValueError("status is required")
        return data


class LinkComplete(Links):
    link_id: Id


class RequestStatusChange(Body):
    request_id: Id
    status: RequestStatus


class AccountStatusChange(Body):
    account_id: Id
    status: AccountStatus


# ---------------------------------------------------------------- the list's query


def _page_number(value: Any, handler: ValidatorFunctionWrapHandler) -> int:
    try:
        number: int = handler(value)
    except ValidationError:
        if variant("bad-page-default"):
            return 1
        raise
    return number


def _page_size(value: Any, handler: ValidatorFunctionWrapHandler) -> int:
    try:
        number: int = handler(value)
    except ValidationError:
        if variant("bad-page-default"):
            return DEFAULT_LIMIT
        raise
    most = 100 if fault("limit-capped-100") else MAX_LIMIT - fault("limit-1000-refused")
    if number > most and not fault("limit-uncapped"):
        if variant("limit-clamped") or fault("limit-capped-100"):
            return most
        if variant("bad-page-default"):
            return DEFAULT_LIMIT
        raise ValueError(f"at most {MAX_LIMIT}")
    return number


class ListQuery(BaseModel):
    """Query strings are text: always converted, never strict."""

    model_config = ConfigDict(extra="forbid" if variant("unknown-query-refused") else "ignore")

    page: Annotated[int, Field(ge=1), WrapValidator(_page_number)] = 1
    limit: Annotated[int, Field(ge=1), WrapValidator(_page_size)] = DEFAULT_LIMIT
    after: str | None = None
    status: list[str] | None = None
    service_type: str | None = None

    @model_validator(mode="after")
    def one_kind_of_paging(self) -> Self:
        if variant("page-and-cursor-refused") and self.after and "page" in self.model_fields_set:
            raise ValueError("give page or after, not both")
        return self

    def statuses(self) -> list[str]:
        """The wanted statuses. Of a repeated parameter the last one counts."""
        texts = self.status or []
        text = ",".join(texts) if variant("status-repeat-union") else (texts or [""])[-1]
        wanted = [part.strip() for part in text.split(",") if part.strip()]
        if not wanted:
            if texts and variant("empty-status-400"):
                raise ValueError("status is empty")
            if texts and variant("empty-status-all") or fault("default-status-all"):
                return list(TASK_STATUSES)
            return ["pending"] if fault("default-status-pending-only") else ["pending", "queued"]
        known = set(TASK_STATUSES) - ({"canceled"} if fault("list-status-canceled-refused") else set())
        if not set(wanted) <= known and not variant("unknown-status-empty"):
            raise ValueError("unknown status")
        return wanted[:1] if fault("status-first-only") else wanted


# ---------------------------------------------------------------- answers


class HeartbeatData(BaseModel):
    status: str = "ok"
    server_id: OutId
    server_name: str
    server_time: OutTime


class HeartbeatAnswer(BaseModel):
    success: Literal[True] = True
    data: HeartbeatData


class TaskOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: OutId
    request_id: OutId
    service_type: str
    site_id: OutId | None
    site_name: str
    email: str
    username: str
    password: str
    about: str
    link_profile: str | None
    link_post: str | None
    status: str
    retry_count: int
    max_retries: int
    details: Any
    started_at: OutTime | None
    created_at: OutTime
    request_name: str
    request_website: str
    type_request: str
    auction_price: int | float
    config: Any


class FullTaskOut(TaskOut):
    """With the variant extra-task-fields."""

    server_id: OutId
    account_id: OutId | None
    error_message: str | None
    note: str | None
    is_indexed: bool
    completed_at: OutTime | None
    request_status: str
    request_created_links: int


class TaskPage(BaseModel):
    server_id: OutId
    server_name: str
    data: list[dict[str, Any]]
    total: int
    page: int | None
    limit: int
    next_cursor: OutId | None


class FullTaskPage(TaskPage):
    """With the variant extra-envelope."""

    success: Literal[True] = True
    has_more: bool
    server_time: OutTime


class Updated(BaseModel):
    updated: bool
    link_id: OutId


class UpdateAnswer(BaseModel):
    success: Literal[True] = True
    data: Updated


class ItemOk(BaseModel):
    link_id: str
    success: Literal[True] = True


class ItemFailed(BaseModel):
    link_id: str | None
    success: Literal[False] = False
    error: str


class BulkAnswer(BaseModel):
    total: int
    success: int
    failed: int
    results: list[ItemOk | ItemFailed]


class LogsAnswer(BaseModel):
    success: Literal[True] = True
    created: int


class SuccessAnswer(BaseModel):
    success: Literal[True] = True


class CallbackAnswer(SuccessAnswer):
    data: dict[str, Any]


