"""The files of the library's scenarios."""

from __future__ import annotations

from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import PurePath

ENDINGS = (".yaml", ".yml")


def scenario_files() -> dict[str, Traversable]:
    """The file of each scenario, by the scenario's name, in alphabetical order."""
    folder = resources.files("workerkit.scenarios").joinpath("library")
    files = {PurePath(file.name).stem: file for file in folder.iterdir() if file.name.endswith(ENDINGS)}
    return dict(sorted(files.items()))
