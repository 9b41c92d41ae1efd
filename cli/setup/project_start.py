"""The files with which a worker's project begins to use workerkit."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from workerkit.openapi.errors import UsageError
from workerkit.scenarios.library.starter import create_scenario_file

SCENARIO = "first-trouble"
_WORKFLOW = Path(".github/workflows/workerkit.yml")
_SETTINGS = Path("pyproject.toml")
_SET_UP: Mapping[str, str] = {
    "node": """
      - uses: actions/setup-node@v4
        with:
          node-version: 22
      - run: if [ -f package-lock.json ]; then npm ci; fi""",
    "go": """
      - uses: actions/setup-go@v5
        with:
          go-version: stable""",
    "java": """
      - uses: actions/setup-java@v4
        with:
          distribution: temurin
          java-version: 21""",
    "python": """
      - run: if [ -f requirements.txt ]; then pip install -r requirements.txt; fi""",
    "other": "",
}
LANGUAGES = tuple(_SET_UP)
_JOB = """\
name: workerkit
on: [push, pull_request]
permissions:
  contents: read
jobs:
  workerkit:
    runs-on: ubuntu-latest
    timeout-minutes: 30
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with:
          python-version: "3.12"{set_up}
      # If your package index has no likepion-workerkit, write the address of its repository here: git+https://...
      - run: pip install likepion-workerkit
      - run: >-
          workerkit exec --scenario all --scenario scenarios --jobs 4 --html report.html
          -- bash -c "$WORKER_COMMAND"
        env:
          WORKER_COMMAND: {command}
      - uses: actions/upload-artifact@v4
        if: ${{{{ always() }}}}
        with:
          name: workerkit-report
          path: report.html
          if-no-files-found: ignore
"""


class FileExistsAlreadyError(UsageError, ValueError):
    """A file that would be written exists. Nothing was written."""


@dataclass(frozen=True, slots=True)
class ProjectStart:
    """What to write into the folder of a project.

    command: the worker's command.
    language: one of LANGUAGES.
    """

    folder: Path
    command: str
    language: str

    def write(self, *, overwrite: bool) -> list[Path]:
        """Writes the settings, a scenario, the schema for editors and the CI job. Returns the paths.

        An existing pyproject.toml keeps its content and gets the table [tool.workerkit].
        Raises FileExistsAlreadyError if a file or the table exists and `overwrite` is False.
        """
        scenario = self.folder / "scenarios" / f"{SCENARIO}.yaml"
        if not overwrite:
            self._check_free(scenario, self.folder / _WORKFLOW)
        scenario.parent.mkdir(parents=True, exist_ok=True)
        scenario.unlink(missing_ok=True)
        create_scenario_file(SCENARIO, scenario.parent)
        return [self._write_settings(), scenario, self._write_job()]

    def _check_free(self, *paths: Path) -> None:
        taken = next(filter(Path.exists, paths), None)
        if taken is not None:
            raise FileExistsAlreadyError(f"{taken}: this file exists already: to replace it, add --overwrite")
        if self._has_settings():
            raise FileExistsAlreadyError(
                f"{self.folder / _SETTINGS}: the table [tool.workerkit] exists already: to keep it, add "
                "--overwrite"
            )

    def _has_settings(self) -> bool:
        path = self.folder / _SETTINGS
        if not path.exists():
            return False
        try:
            tools = tomllib.loads(path.read_text("utf-8")).get("tool", {})
        except (ValueError, OSError) as error:
            raise UsageError(f"{path}: {error}") from None
        return "workerkit" in tools

    def _write_settings(self) -> Path:
        path = self.folder / _SETTINGS
        if not self._has_settings():
            old = path.read_text("utf-8") if path.exists() else ""
            gap = "" if not old else "\n" if old.endswith("\n") else "\n\n"
            table = '[tool.workerkit]\n# Each option of a command can stand here.\ntime-limit = "30s"\n'
            path.write_text(f"{old}{gap}{table}", "utf-8")
        return path

    def _write_job(self) -> Path:
        path = self.folder / _WORKFLOW
        path.parent.mkdir(parents=True, exist_ok=True)
        job = _JOB.format(set_up=_SET_UP[self.language], command=json.dumps(self.command))
        path.write_text(job, "utf-8")
        return path
