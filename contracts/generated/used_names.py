"""Checks that an installed package has the names that the kit uses, though they are not public."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def check_used_names(package: str, used: Iterable[tuple[Any, str]]) -> None:
    """Raises ImportError with the name of the package if one of the names is missing.

    used: pairs of a module or a class of the package, and the name of something in it. The fields of a
        dataclass count, too.
    """
    for owner, name in used:
        if not hasattr(owner, name) and name not in getattr(owner, "__dataclass_fields__", ()):
            raise ImportError(f"{package} has no {owner.__name__}.{name}", name=package)
