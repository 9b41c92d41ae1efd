"""Names: one word for one thing, a docstring for each public definition, errors that end in Error."""

from __future__ import annotations

import ast
import inspect
from collections import Counter
from collections.abc import Iterator
from types import ModuleType
from typing import Any

from tests.house.modules import PACKAGE, ROOMS, modules, trees
from workerkit.openapi.errors import WorkerkitError

# Each of these had a second meaning, or a meaning that no reader could guess. Another name took its place.
RETIRED = {
    *("Act", "ACTS", "Attendant", "Broken", "ConnectionTape", "Deed", "DEEDS", "Founder", "Known", "Miscast"),
    *(
        "Names",
        "Outlet",
        "Over",
        "Performance",
        "Permit",
        "Play",
        "Reading",
        "Sight",
        "Stage",
        "StandingFault",
    ),
    *("Stint", "Strike", "Struck", "Tape", "Theatre", "Walk", "_DEEDS", "_Reign", "_ears", "_enthrone"),
    *("said", "shown", "told", "work"),
}
FOLDERS = (*ROOMS, PACKAGE, "tests", "benchmarks")


def definitions(tree: ast.Module) -> Iterator[str]:
    """The names of classes, functions, methods, and of what is assigned in a module or a class."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name
        if isinstance(node, ast.Module | ast.ClassDef):
            for statement in node.body:
                yield from assigned(statement)


def assigned(statement: ast.stmt) -> Iterator[str]:
    """The names that one statement assigns to."""
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    targets = [statement.target] if isinstance(statement, ast.AnnAssign) else targets
    for target in targets:
        yield from (node.id for node in ast.walk(target) if isinstance(node, ast.Name))


def test_no_definition_has_a_retired_name() -> None:
    found = {str(path): set(definitions(tree)) & RETIRED for path, tree in trees(*FOLDERS).items()}
    assert {path: sorted(names) for path, names in found.items() if names} == {}


SAMPLE = """
told = 1
class A:
    shown: int
    def said(self): ...
def f():
    def work(): ...
"""


def test_definitions_are_found_wherever_they_stand() -> None:
    tree = ast.parse(
        "told = 1\nclass A:\n    def said(self): ...\n    shown: int\ndef f():\n    def work(): ...\n"
    )
    assert set(definitions(tree)) & RETIRED == {"told", "said", "shown", "work"}


def test_no_two_classes_of_the_kit_share_a_name() -> None:
    nodes = (node for tree in trees(*ROOMS, PACKAGE).values() for node in tree.body)
    names = Counter(node.name for node in nodes if isinstance(node, ast.ClassDef) and node.name[0] != "_")
    assert [name for name, count in names.items() if count > 1] == []


def own_members(module: ModuleType) -> Iterator[tuple[str, Any]]:
    """The public classes and functions that a module defines, and the public methods of these classes."""
    for name, member in vars(module).items():
        if name.startswith("_") or getattr(member, "__module__", None) != module.__name__:
            continue
        if inspect.isclass(member):
            yield f"{module.__name__}.{name}", member
            yield from ((f"{module.__name__}.{name}.{method}", value) for method, value in methods(member))
        elif inspect.isfunction(member):
            yield f"{module.__name__}.{name}", member


def methods(owner: type) -> Iterator[tuple[str, Any]]:
    """The public methods and properties that a class defines. An override has the docstring of its base."""
    for name, value in vars(owner).items():
        is_method = inspect.isfunction(value) or isinstance(value, property | classmethod | staticmethod)
        if is_method and not name.startswith("_"):
            yield name, getattr(owner, name)


def test_every_public_definition_has_a_docstring() -> None:
    missing = [name for module in modules() for name, member in own_members(module) if not docstring(member)]
    assert missing == []


def docstring(member: Any) -> str:
    """The docstring that somebody wrote: a dataclass without one gets its signature."""
    text = inspect.getdoc(member) or ""
    return "" if inspect.isclass(member) and text.startswith(f"{member.__name__}(") else text


def test_every_module_has_a_docstring() -> None:
    assert [module.__name__ for module in modules() if not module.__doc__] == []


def own_errors(module: ModuleType) -> Iterator[type[BaseException]]:
    for member in vars(module).values():
        if (
            inspect.isclass(member)
            and issubclass(member, BaseException)
            and member.__module__ == module.__name__
        ):
            yield member


def is_of_the_kit(error: type[BaseException]) -> bool:
    """Hypothesis catches each Exception: an error that has to pass through it is a BaseException."""
    return issubclass(error, WorkerkitError) or not issubclass(error, Exception)


def test_every_error_ends_in_error_and_is_one_of_the_kit() -> None:
    errors = [error for module in modules() for error in own_errors(module)]
    assert [error for error in errors if not error.__name__.endswith("Error")] == []
    assert [error for error in errors if not is_of_the_kit(error)] == []
