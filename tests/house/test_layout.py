"""Layout: folders that a reader can take in, and imports between folders without a circle."""

from __future__ import annotations

import ast
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.house.modules import PACKAGE, ROOMS, trees

MOST_FILES = 15
# What a room exports. These files import from the folders of their room, but only when a name is used.
PUBLIC_NAMES = {Path(room, "__init__.py") for room in ROOMS}
# A folder that lists its members imports from the folders inside it, and they import what they share from it.
REGISTRIES = ("scenarios/faults", "scenarios/rules", "mockserver/faults", "scenarios/model")


def test_no_folder_has_more_files_than_a_reader_can_take_in() -> None:
    files = Counter(
        path.parent for path in trees(*ROOMS, PACKAGE, "benchmarks") if path.name != "__init__.py"
    )
    assert {str(folder): count for folder, count in files.items() if count > MOST_FILES} == {}


def test_no_circle_of_imports_goes_through_two_folders() -> None:
    assert circles(folder_imports()) == []


def test_a_circle_is_found() -> None:
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == [["a", "b", "c"]]
    assert circles({"a": {"b"}, "b": {"c"}, "c": set()}) == []


def folder_imports() -> dict[str, set[str]]:
    """The folders that each folder imports from. A registry and the folders inside it are one."""
    files = {path: tree for path, tree in trees(*ROOMS, PACKAGE).items() if path not in PUBLIC_NAMES}
    imports: dict[str, set[str]] = defaultdict(set)
    for path, tree in files.items():
        for target in imported(tree, set(files)):
            if one_folder(path) != one_folder(target):
                imports[one_folder(path)].add(one_folder(target))
    return imports


def one_folder(path: Path) -> str:
    folder = path.parent.as_posix()
    return next((registry for registry in REGISTRIES if folder.startswith(registry)), folder)


def imported(tree: ast.Module, known: set[Path]) -> Iterator[Path]:
    """The files of the kit that a file imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("workerkit."):
            package = Path(*str(node.module).split(".")[1:])
            package = package if package.parts[0] in ROOMS else PACKAGE / package
            for alias in node.names:
                candidates = (
                    package / f"{alias.name}.py",
                    package.with_suffix(".py"),
                    package / "__init__.py",
                )
                yield from [candidate for candidate in candidates if candidate in known][:1]


def circles(imports: Mapping[str, set[str]]) -> list[list[str]]:
    """The groups of folders that import from each other, directly or not."""
    reached = {folder: reachable(folder, imports) for folder in imports}
    groups = {
        frozenset(other for other in reached[folder] if folder in reached.get(other, ()))
        for folder in reached
        if folder in reached[folder]
    }
    return sorted(sorted(group) for group in groups)


def reachable(begin: str, imports: Mapping[str, set[str]]) -> set[str]:
    found: set[str] = set()
    waiting = list(imports.get(begin, ()))
    while waiting:
        folder = waiting.pop()
        if folder not in found:
            found.add(folder)
            waiting.extend(imports.get(folder, ()))
    return found
