"""The keys that only the kit understands: `x-elsewhere`, `x-exact`, and all others that begin with `x-`."""

from __future__ import annotations

from typing import Any

from workerkit.openapi.spec.merge_patch import merged

Json = dict[str, Any]
_ELSEWHERE = "#/x-elsewhere/components/"
# The keys of these objects are names that the API chose. They may begin with x-.
_OBJECTS_OF_NAMES = ("properties", "schemas", "headers", "examples")
_DATA = ("example", "value", "default")


def with_components_from_elsewhere(root: Json) -> Json:
    """Moves the components under `x-elsewhere` to `components`, and makes the references point there.

    The file has these components in another place, because only other dialects use them. In `components`, a
    linter would call them unused.
    """
    elsewhere: Json = root.get("x-elsewhere", {}).get("components", {})
    if not elsewhere:
        return root
    moved: Json = _moved_references({name: value for name, value in root.items() if name != "x-elsewhere"})
    for kind, members in _moved_references(elsewhere).items():
        moved["components"].setdefault(kind, {}).update(members)
    return moved


def with_exact_values(value: Any) -> Any:
    """Applies each `x-exact` to the object that has it. The result says what a correct server answers."""
    if isinstance(value, list):
        return [with_exact_values(member) for member in value]
    if not isinstance(value, dict):
        return value
    members = {name: with_exact_values(member) for name, member in value.items() if name != "x-exact"}
    return merged(members, value.get("x-exact", {}))


def without_own_keys(value: Any, parent: str = "") -> Any:
    """A copy without the keys that begin with `x-`. `parent` is the key of the value."""
    has_names = parent in _OBJECTS_OF_NAMES
    if parent in _DATA or (has_names and isinstance(value, list)):
        return value
    if isinstance(value, list):
        return [without_own_keys(member) for member in value]
    if not isinstance(value, dict):
        return value
    return {
        name: without_own_keys(member, "" if has_names else name)
        for name, member in value.items()
        if has_names or not name.startswith("x-")
    }


def _moved_references(value: Any) -> Any:
    if isinstance(value, list):
        return [_moved_references(member) for member in value]
    if not isinstance(value, dict):
        return value
    return {
        name: member.replace(_ELSEWHERE, "#/components/", 1)
        if name == "$ref" and isinstance(member, str)
        else _moved_references(member)
        for name, member in value.items()
    }
