"""Creates the file of a new scenario."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib import resources
from pathlib import Path

from workerkit.openapi.errors import UsageError
from workerkit.scenarios.loading.editor_schema import SCHEMA_FILE
from workerkit.scenarios.loading.loader import SCENARIO_NAME


class ScenarioFileError(UsageError, ValueError):
    """The file of a new scenario cannot be created. The message says why."""


def create_scenario_file(name: str, folder: Path, content: Callable[..., str] | None = None) -> Path:
    """Creates the file NAME.yaml in a folder and returns its path. Raises ScenarioFileError.

    The first line of the file tells editors where this installation has the schema. The path of the schema
    is relative if the schema is below the folder, for example in a virtual environment of the project.

    content: a function that takes `name` and returns the rest of the file. None for the starter scenario.
    """
    stem = name.removesuffix(".yaml")
    if not SCENARIO_NAME.fullmatch(stem):
        raise ScenarioFileError(
            f'"{stem}" cannot be the name of a scenario: use small letters, digits and single hyphens'
        )
    path = folder / f"{stem}.yaml"
    text = f"# yaml-language-server: $schema={_schema_path(folder)}\n{(content or _starter)(name=stem)}"
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise ScenarioFileError(
            f"{path}: this file exists already: choose another name, or remove the file"
        ) from None
    except OSError as error:
        raise ScenarioFileError(f"{path}: {error.strerror or error}") from None
    return path


def _starter(*, name: str) -> str:
    starter = resources.files("workerkit.scenarios").joinpath("starter.yaml").read_text("utf-8")
    return starter.format(name=name)


def _schema_path(folder: Path) -> str:
    here = folder.resolve()
    schema = Path(str(resources.files("workerkit.scenarios").joinpath(SCHEMA_FILE))).resolve()
    return os.path.relpath(schema, here) if schema.is_relative_to(here) else schema.as_uri()
