"""Finds scenarios: those of the library by their names, and those in users' files by their paths."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from workerkit.openapi.errors import UsageError
from workerkit.openapi.formats.yaml_nodes import did_you_mean
from workerkit.scenarios.library.files import ENDINGS, scenario_files
from workerkit.scenarios.loading import loader
from workerkit.scenarios.model.scenario import Scenario
from workerkit.scenarios.model.world_plan import WorldPlan


class NoSuchScenarioError(UsageError, LookupError):
    """There is no scenario with this name, or no file at this path. The message names the closest name."""


def names() -> tuple[str, ...]:
    """The names of all scenarios of the library, in alphabetical order."""
    return tuple(scenario_files())


def find(name_or_path: str) -> Scenario:
    """The scenario with this name in the library, or the scenario in this file.

    A text that ends in .yaml or .yml, or has a slash or a backslash, is a path.
    Raises NoSuchScenarioError, and InvalidInputError if the file has a mistake.
    """
    if name_or_path.endswith(ENDINGS) or "/" in name_or_path or "\\" in name_or_path:
        return _from_file(Path(name_or_path))
    file = scenario_files().get(name_or_path)
    if file is not None:
        return replace(loader.parse(file.read_bytes(), name=file.name), source="")
    raise NoSuchScenarioError(
        f'there is no scenario "{name_or_path}"{did_you_mean(name_or_path, names()) or _all_names()}'
    )


def expand(choice: str) -> tuple[str, ...]:
    """The names and paths that a choice of scenarios means, each for `find`.

    choice: `all` for the whole library, a folder for all scenario files in it, or what `find` takes.
    Raises NoSuchScenarioError if a folder has no scenario file.
    """
    if choice == "all":
        return names()
    if not Path(choice).is_dir() or choice in names():
        return (choice,)
    paths = paths_in(Path(choice))
    if not paths:
        raise NoSuchScenarioError(f"{choice}: the folder has no file that ends in .yaml or .yml")
    return tuple(map(str, paths))


def paths_in(folder: Path) -> tuple[Path, ...]:
    """The paths of the scenario files in a folder, in alphabetical order."""
    return tuple(sorted(path for path in folder.iterdir() if path.suffix in ENDINGS))


def find_world(path: str) -> WorldPlan:
    """The world in a file, written as in a scenario. Raises NoSuchScenarioError or InvalidInputError."""
    try:
        return loader.parse_world(Path(path).read_bytes(), name=path)
    except OSError as error:
        raise NoSuchScenarioError(f"{path}: {error.strerror or error}") from None


def _from_file(path: Path) -> Scenario:
    try:
        return loader.read(path)
    except OSError as error:
        raise NoSuchScenarioError(f"{path}: {error.strerror or error}") from None


def _all_names() -> str:
    return f"; the scenarios are {', '.join(names())}"
