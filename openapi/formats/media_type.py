"""Reads the header Content-Type."""

from __future__ import annotations


def is_json_type(content_type: str) -> bool:
    """True if a Content-Type says JSON, for example `application/json; charset=utf-8` or `problem+json`."""
    media_type = content_type.partition(";")[0].strip().lower()
    return media_type == "application/json" or media_type.endswith("+json")
