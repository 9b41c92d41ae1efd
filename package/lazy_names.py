"""Names that a package exports and imports only when somebody uses them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def lazy_names(package: dict[str, Any], places: Mapping[str, str]) -> Callable[[str], Any]:
    """A module's `__getattr__`, for a module that exports these names.

    package: the module's `globals()`.
    places: for each name, the module and the name there: `workerkit.scenarios.rules.judge:judge`.
    """

    def get(name: str) -> Any:
        if name not in places:
            raise AttributeError(f"module {package['__name__']!r} has no attribute {name!r}")
        module, _, own_name = places[name].partition(":")
        package[name] = getattr(import_module(module), own_name)
        return package[name]

    return get
