"""What the kit uses of Hypothesis and Schemathesis beyond public names is there, or an error names it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from workerkit.contracts.generated import isolated_hypothesis, schemathesis_checks
from workerkit.contracts.generated.used_names import check_used_names

ROOT = Path(__file__).parents[3]
ROOMS = ("openapi", "scenarios", "mockserver", "contracts", "cli")
USED_NAMES = {
    "hypothesis": isolated_hypothesis.USED_NAMES,
    "schemathesis": schemathesis_checks.USED_NAMES,
}
PAIRS = [(package, owner, name) for package, names in USED_NAMES.items() for owner, name in names]


class Lacking:
    """Stands for a module or a class, without one of its names."""

    def __init__(self, owner: Any, name: str) -> None:
        self._owner, self._name = owner, name
        self.__dataclass_fields__ = getattr(owner, "__dataclass_fields__", {}).keys() - {name}

    def __getattr__(self, name: str) -> Any:
        if name == self._name:
            raise AttributeError(name)
        return getattr(self._owner, name)


@pytest.mark.parametrize("package", USED_NAMES)
def test_the_installed_versions_have_every_name(package: str) -> None:
    check_used_names(package, USED_NAMES[package])


@pytest.mark.parametrize(("package", "owner", "name"), PAIRS, ids=[name for *_, name in PAIRS])
def test_a_missing_name_is_an_import_error_of_its_package(package: str, owner: Any, name: str) -> None:
    used = [(Lacking(owner, name), name) if pair == (owner, name) else pair for pair in USED_NAMES[package]]
    with pytest.raises(ImportError, match=rf"^{package} has no {owner.__name__}\.{name}$") as raised:
        check_used_names(package, used)
    assert raised.value.name == package


def test_a_configuration_that_is_refused_is_an_import_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schemathesis_checks, "_phases", lambda **_: {"no-such-phase": {"enabled": True}})
    with pytest.raises(ImportError, match="no-such-phase") as raised:
        schemathesis_checks.check_configuration()
    assert raised.value.name == "schemathesis"


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def test_only_the_generated_tests_use_hypothesis_and_schemathesis() -> None:
    users = {
        path.relative_to(ROOT).parent.as_posix()
        for room in ROOMS
        for path in (ROOT / room).rglob("*.py")
        if {name.partition(".")[0] for name in imported(path)} & USED_NAMES.keys()
    }
    assert users == {"contracts/generated"}
