"""Creates the file of a new scenario."""

from __future__ import annotations

from collections.abc import Callable
from importlib import resources
from pathlib import Path

from workerkit.openapi.errors import UsageError
from workerkit.scenarios.loading.editor_schema import SCHEMA_FILE, SCHEMA_TITLE
from workerkit.scenarios.loading.loader import SCENARIO_NAME


class ScenarioFileError(UsageError, ValueError):
    """The file of a new scenario cannot be created. The message says why."""


def create_scenario_file(name: str, folder: Path, content: Callable[..., str] | None = None) -> Path:
    """Creates the file NAME.yaml in a folder and returns its path. Raises ScenarioFileError.

    The schema for editors is written beside it, and the first line of the file names it. So the line holds on
    every machine that has both files, and without the internet. An older schema of the kit is replaced.

    content: a function that takes `name` and returns the rest of the file. None for the starter scenario.
        Its comments have commands with the path of the file.
    """
    stem = name.removesuffix(".yaml")
    if not SCENARIO_NAME.fullmatch(stem):
        raise ScenarioFileError(
            f'"{stem}" cannot be the name of a scenario: use small letters, digits and single hyphens'
        )
    path = folder / f"{stem}.yaml"
    rest = content(name=stem) if content is not None else _starter(path)
    text = f"# yaml-language-server: $schema={SCHEMA_FILE}\n{rest}"
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
        _write_schema(folder / SCHEMA_FILE)
    except FileExistsError:
        raise ScenarioFileError(
            f"{path}: this file exists already: choose another name, or remove the file"
        ) from None
    except OSError as error:
        raise ScenarioFileError(f"{path}: {error.strerror or error}") from None
    return path


def _starter(path: Path) -> str:
    """The starter scenario. Its commands name the file as it can be named in the current folder."""
    starter = resources.files("workerkit.scenarios").joinpath("starter.yaml").read_text("utf-8")
    return starter.format(file=path.as_posix())


def _write_schema(path: Path) -> None:
    """Writes the schema, but does not replace a file that is no schema of this kit."""
    if not path.exists() or SCHEMA_TITLE in path.read_text("utf-8", errors="replace"):
        path.write_bytes(resources.files("workerkit.scenarios").joinpath(SCHEMA_FILE).read_bytes())
