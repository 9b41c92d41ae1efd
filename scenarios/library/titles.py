"""The titles of the scenarios of the library, read without the rest of their files."""

from __future__ import annotations

import yaml

from workerkit.scenarios.library.files import scenario_files


def titles() -> dict[str, str]:
    """The title of each scenario, by its name, in alphabetical order."""
    return {name: _title(file.read_bytes()) for name, file in scenario_files().items()}


def _title(source: bytes) -> str:
    """The first value of a file. In each file of the library this is the title."""
    events = yaml.parse(source, Loader=yaml.CSafeLoader)
    scalars = (event.value for event in events if isinstance(event, yaml.ScalarEvent))
    _, title = next(scalars), next(scalars)
    return str(title)
