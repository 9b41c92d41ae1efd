"""JSON Merge Patch (RFC 7396)."""

from __future__ import annotations

from typing import Any


def merged(value: Any, patch: Any) -> Any:
    """A copy of a value after a JSON Merge Patch. A null in the patch removes a key."""
    if not isinstance(patch, dict):
        return patch
    copy = dict(value) if isinstance(value, dict) else {}
    for name, change in patch.items():
        if change is None:
            copy.pop(name, None)
        else:
            copy[name] = merged(copy.get(name), change)
    return copy
