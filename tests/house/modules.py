"""The modules of the kit, loaded, and all Python files of the repository, parsed."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from types import ModuleType

ROOT = Path(__file__).parents[2]
ROOMS = ("openapi", "scenarios", "mockserver", "contracts", "cli")
# The files of the package itself: they install as `workerkit/`, beside the rooms.
PACKAGE = Path("package")


@cache
def modules() -> tuple[ModuleType, ...]:
    """Every module of the kit: those of the package itself, and those of the five rooms."""
    # Locust would replace the sockets and threads of this process.
    os.environ["LOCUST_SKIP_MONKEY_PATCH"] = "1"
    return tuple(map(import_module, _names("workerkit")))


def _names(package: str) -> Iterator[str]:
    yield package
    for module in walk_packages(import_module(package).__path__, f"{package}."):
        yield module.name


@cache
def trees(*folders: str | Path) -> dict[Path, ast.Module]:
    """The syntax trees of all Python files below these folders of the repository, by their paths in it."""
    paths = (path for folder in folders for path in sorted((ROOT / folder).rglob("*.py")))
    return {path.relative_to(ROOT): _tree(path) for path in paths}


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))
