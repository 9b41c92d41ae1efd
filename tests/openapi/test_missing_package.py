"""The sentence for a package that is missing or has an unfit version."""

from __future__ import annotations

from importlib.metadata import version

from workerkit.openapi.missing_package import missing_package_text

INSTALL = "pip install 'likepion-workerkit[contracts]'"


def text_for(module: str) -> str | None:
    kind = ModuleNotFoundError if module == "no_such_package" else ImportError
    error = kind("cannot import", name=module)
    return missing_package_text("conform", error, ("click", "no_such_package"), "contracts")


def test_a_missing_package_is_named_with_the_extra() -> None:
    assert text_for("no_such_package") == f"conform needs no_such_package: {INSTALL}"


def test_an_installed_package_that_lacks_something_is_named_with_its_version() -> None:
    installed = f"conform cannot use click {version('click')}, which is made differently."
    assert text_for("click.core") == f"{installed} A fitting version: {INSTALL}"


def test_other_imports_are_defects_and_have_no_sentence() -> None:
    assert text_for("workerkit.contracts") is None
    assert text_for("") is None
