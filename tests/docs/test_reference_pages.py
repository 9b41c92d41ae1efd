"""The reference pages that people wrote have everything that the code has, in both languages."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from workerkit.mockserver.python_api.worker_api import WorkerApi

ROOT = Path(__file__).parents[2]
CONTROL = yaml.safe_load((ROOT / "openapi/control-api.yaml").read_text("utf-8"))
FOLDERS = {"en": ROOT / "docs/reference", "vi": ROOT / "docs/vi/reference"}
IN_BOTH = pytest.mark.parametrize("folder", FOLDERS.values(), ids=FOLDERS)
METHODS = "GET|POST|PUT|PATCH|DELETE"
# JSON files: the number of the section of the page, and the functions that make the file.
JSON_FILES = {
    "mockserver/server/foreground.py": (1, ("_ready_file_json",)),
    "mockserver/trials/trial_report.py": (3, ("as_json", "_violation_json", "_cause_json")),
    "mockserver/hunt/hunt_report.py": (4, ("hunt_json", "_finding_json")),
    "mockserver/mutation/mutation_report.py": (5, ("mutation_json", "_mutant_json")),
    "contracts/report/report.py": (6, ("as_json",)),
    "contracts/report/rule_report.py": (6, ("RuleReport.as_json",)),
    "mockserver/capsules/replay/replay_report.py": (7, ("summary_as_json",)),
}


def section(page: Path, number: int) -> str:
    """The text below a heading of the second level. The first one has the number 1."""
    return page.read_text("utf-8").split("\n## ")[number]


def words(text: str) -> set[str]:
    """The words in backquotes."""
    return {word for code in re.findall(r"`([^`]+)`", text) for word in re.findall(r"[\w-]+", code)}


def calls_on(page: Path) -> Iterator[tuple[str, str]]:
    """The calls of the control plane in the first column of the page's tables: method and path."""
    for cell in re.findall(rf"^\| (`(?:{METHODS})\b[^|]*`) \|", page.read_text("utf-8"), re.MULTILINE):
        methods: list[str] = []
        waiting: list[str] = []
        for code in re.findall(r"`([^`]+)`", cell):
            method, _, path = re.fullmatch(rf"((?:{METHODS})?)( ?)(.*)", code).groups()  # type: ignore[union-attr]
            waiting += [method] if method else []
            if path:
                methods, waiting = waiting or methods, []
                yield from ((method, path) for method in methods)


def calls_of_the_spec() -> Iterator[tuple[str, str]]:
    for path, operations in CONTROL["paths"].items():
        shown = re.sub(r"\{(\w+)\}", lambda match: match[1].upper(), path.replace("/worlds/{world}", "..."))
        for method in operations.keys() - {"parameters"}:
            yield method.upper(), shown if shown.startswith("...") else f"/_mock{shown}"


@IN_BOTH
def test_the_page_of_the_mock_has_every_call_of_the_control_plane(folder: Path) -> None:
    assert {*calls_on(folder / "mock.md")} == {*calls_of_the_spec()}


@IN_BOTH
def test_the_page_of_the_fixture_has_every_member_and_option(folder: Path) -> None:
    page = folder / "fixture.md"
    members = {name for name in (*dir(WorkerApi), *WorkerApi.__annotations__) if not name.startswith("_")}
    assert {"task", "verdict", "run"} <= members
    assert members | {"env", "clock"} <= words(section(page, 1))
    plugin = (ROOT / "mockserver/pytest_plugin/plugin.py").read_text("utf-8")
    options = {*re.findall(r'"--([\w-]+)"', plugin), *re.findall(r'"(worker_api_\w+)"', plugin)}
    assert {"worker-api-capsules", "worker_api_heartbeat", "conform"} <= options
    text = section(page, 2)
    assert [option for option in options if option not in text] == []


def keys_in(function: ast.AST) -> set[str]:
    """The keys of all dictionaries that a function writes."""
    dicts = (node for node in ast.walk(function) if isinstance(node, ast.Dict))
    keys = (key.value for node in dicts for key in node.keys if isinstance(key, ast.Constant))
    return {key for key in keys if isinstance(key, str)}


def functions(tree: ast.Module) -> Iterator[tuple[str, ast.FunctionDef]]:
    """The functions of a module by their names, and the methods by `Class.method` and by their names."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield node.name, node
        if isinstance(node, ast.ClassDef):
            for method in node.body:
                if isinstance(method, ast.FunctionDef):
                    yield from ((f"{node.name}.{method.name}", method), (method.name, method))


@IN_BOTH
@pytest.mark.parametrize("source", JSON_FILES)
def test_the_page_of_files_has_every_key_of_a_json_file(folder: Path, source: str) -> None:
    number, names = JSON_FILES[source]
    tree = ast.parse((ROOT / source).read_text("utf-8"))
    found = {name: function for name, function in functions(tree) if name in names}
    assert {*found} == {*names}
    keys = {key for function in found.values() for key in keys_in(function)}
    assert keys - words(section(folder / "files.md", number)) == set()


@IN_BOTH
def test_the_page_of_files_has_every_key_of_the_journal(folder: Path) -> None:
    keys = {*CONTROL["components"]["schemas"]["Exchange"]["properties"], "world"}
    assert keys - words(section(folder / "files.md", 2)) == set()
