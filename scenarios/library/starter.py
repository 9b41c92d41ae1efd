"""A scenario to begin one's own with."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib import resources
from pathlib import Path

from workerkit.openapi.errors import UsageError
from workerkit.scenarios.loading.editor_schema import FILE
from workerkit.scenarios.loading.loader import NAME


class NoFileError(UsageError, ValueError):
    """The file of a new scenario cannot be made; the message says why."""


def begin(name: str, folder: Path, told: Callable[..., str] | None = None) -> Path:
    """Writes a scenario into a folder as NAME.yaml and returns its path. Raises NoFile.

    It is the starter or, by the `name` that it is given, what `outcome` returns.

    Its first line tells editors where the schema of this installation is: by the way from the file where it
    lies below the folder, as in a virtual environment of the project's own.
    """
    stem = name.removesuffix(".yaml")
    if not NAME.fullmatch(stem):
        raise NoFileError(f'"{stem}" is no name of a scenario: take small letters, digits and single hyphens')
    path = folder / f"{stem}.yaml"
    text = f"# yaml-language-server: $schema={_schema_from(folder)}\n{(told or _starter)(name=stem)}"
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise NoFileError(f"{path}: there is a file already: choose another name, or remove it") from None
    except OSError as error:
        raise NoFileError(f"{path}: {error.strerror or error}") from None
    return path


def _starter(*, name: str) -> str:
    starter = resources.files("workerkit.scenarios").joinpath("starter.yaml").read_text("utf-8")
    return starter.format(name=name)


def _schema_from(folder: Path) -> str:
    here, schema = (
        folder.resolve(),
        Path(str(resources.files("workerkit.scenarios").joinpath(FILE))).resolve(),
    )
    return os.path.relpath(schema, here) if schema.is_relative_to(here) else schema.as_uri()
