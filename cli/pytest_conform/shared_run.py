"""One run for all processes of pytest. With pytest-xdist, the rules may be tests of different processes."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from workerkit.cli.conform_run import ConformRun
from workerkit.cli.crash import save_trace
from workerkit.cli.pytest_conform.rule_result import RunResults, failed_results, results_of
from workerkit.contracts.target.plan import Plan
from workerkit.contracts.target.target import Target
from workerkit.mockserver.atomic_file import write_atomically
from workerkit.mockserver.platform.file_lock import lock_file
from workerkit.openapi.errors import WorkerkitError

_LOST = (
    "the process of pytest that tested the server ended before it had the results; "
    "tasks of the sandbox may not have their old values"
)


class SharedRun:
    """Tests the server when somebody asks for the results for the first time.

    folder: where the processes of pytest-xdist share the results. None: there is only this process.
    """

    def __init__(self, run: ConformRun, target: Target, plan: Plan, folder: Path | None) -> None:
        self._run, self._target, self._plan = run, target, plan
        self._folder = folder
        self._results: RunResults | None = None

    def results(self) -> RunResults:
        """The results. Only the first call in all processes sends requests. The others wait for it."""
        if self._results is None:
            self._results = self._tested() if self._folder is None else self._shared(self._folder)
        return self._results

    def known_results(self) -> RunResults | None:
        """The results, if there are any."""
        return self._results

    def _shared(self, folder: Path) -> RunResults:
        with _locked(folder / "lock"):
            results = read_results(folder)
            if results is None:
                results = self._tested_once(folder / "begun")
                _write_results(folder, results)
        return results

    def _tested_once(self, begun: Path) -> RunResults:
        try:
            begun.touch(exist_ok=False)
        except FileExistsError:
            return failed_results(_LOST)
        return self._tested()

    def _tested(self) -> RunResults:
        messages: list[str] = []
        try:
            # In a project where warnings are errors, a warning of our imports must not end the run.
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                report = self._run.run(self._target, self._plan, say=messages.append)
        except WorkerkitError as error:
            return failed_results(str(error))
        except Exception as error:
            return failed_results(save_trace(error))
        return results_of(report, messages)


def read_results(folder: Path) -> RunResults | None:
    """The results that a process has left in the folder, or None."""
    try:
        return RunResults.of_json(json.loads((folder / "results.json").read_text("utf-8")))
    except FileNotFoundError:
        return None


def _write_results(folder: Path, results: RunResults) -> None:
    write_atomically(str(folder / "results.json"), json.dumps(results.as_json()).encode(), secret=True)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Holds the lock during the `with` block. If the process ends, the operating system releases the lock."""
    with path.open("w") as file:
        lock_file(file.fileno())
        yield
