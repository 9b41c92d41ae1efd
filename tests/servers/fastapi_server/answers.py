"""How answers are written: JSON, times and ids."""

import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import BaseModel
from starlette.background import BackgroundTask
from starlette.responses import JSONResponse

from .faults import fault
from .variants import variant


class ApiResponse(JSONResponse):
    media_type = "application/json; charset=utf-8" if variant("charset-in-content-type") else "application/json"

    def render(self, content: Any) -> bytes:
        pretty = variant("pretty-json")
        text = json.dumps(
            content,
            ensure_ascii=variant("ascii-json"),
            allow_nan=False,
            indent=2 if pretty else None,
            separators=(",", ": ") if pretty else (",", ":"),
        )
        return text.encode("utf-8", errors="replace")


def answer(
    model: BaseModel, status: int = 200, background: BackgroundTask | None = None, media_type: str | None = None
) -> ApiResponse:
    return ApiResponse(model.model_dump(mode="json"), status_code=status, background=background, media_type=media_type)


def format_time(value: datetime) -> str:
    value = value.astimezone(UTC)
    if fault("time-local-naive"):
        return (value + timedelta(hours=7)).replace(tzinfo=None).isoformat(timespec="seconds")
    if fault("time-local-as-utc"):
        value += timedelta(hours=7)
    if variant("time-milliseconds"):
        text = value.isoformat(timespec="milliseconds")
    elif variant("time-microseconds"):
        text = value.isoformat(timespec="microseconds")
    else:
        text = value.isoformat(timespec="seconds")
    return text if variant("time-offset") else text.replace("+00:00", "Z")


def format_id(value: uuid.UUID) -> str:
    return str(value).upper() if variant("upper-case-ids") else str(value)
