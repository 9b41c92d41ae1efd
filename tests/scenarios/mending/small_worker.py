"""The small worker with a snippet in place of some of its functions."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

from workerkit.scenarios.mending.mending import mendings

SMALL_WORKERS = Path(__file__).parents[3] / "examples/small-worker"
# The last lines of the workers. A snippet comes before them, so that it replaces functions above it.
_ENDS = {"python": '\n\nif __name__ == "__main__":', "node": "\nmain();\n"}
_FILES = {"python": "worker.py", "node": "worker.js"}
# The timeouts of the snippets, and those of the trial about timeouts.
_ABOUT_TIMEOUTS = "hung-answer-given-up"
_TIMEOUTS = {"python": ("timeout=10)", "timeout=0.5)"), "node": ("timeout(10_000)", "timeout(1000)")}
_SETTING = threading.Lock()


def source_with(rule: str, language: str, version: str) -> str:
    """The program of the small worker with a snippet.

    language: `python` or `node`.
    version: `bad` or `good`.
    """
    text = (SMALL_WORKERS / _FILES[language]).read_text("utf-8")
    head, end, tail = text.partition(_ENDS[language])
    assert end, f"{_FILES[language]} ends in another way"
    snippet = getattr(mendings()[rule].snippets[language], version)
    program = f"{head}\n\n{snippet}{end}{tail}"
    return program.replace(*_TIMEOUTS[language]) if rule == _ABOUT_TIMEOUTS else program


class WorkerThread(threading.Thread):
    """Runs the Python worker in a thread of this process.

    settings: the environment variables of the worker.
    logs: how many entries its log has when it begins.
    most_lists: the worker is stopped when it has read the list so often. None: it ends by itself.
    begins_after: the worker reads its first list, and then waits for this event before it does its tasks.
    exit_code: the exit code that a process would have.
    """

    def __init__(
        self,
        source: str,
        settings: dict[str, str],
        *,
        most_lists: int | None = None,
        logs: int = 0,
        begins_after: threading.Event | None = None,
    ) -> None:
        super().__init__(daemon=True)
        self._names = _loaded(source, settings)
        self._names["logs"] += [{"level": "INFO", "message": "from the day before"}] * logs
        self._lists, self._most_lists = 0, most_lists
        self.exit_code: int | None = None
        self.error: BaseException | None = None
        self.reads_first_list = threading.Event()
        self._begins_after = begins_after
        self._wrap("exchange", self._exchange)
        self._wrap("do_tasks", self._do_tasks)

    def run(self) -> None:
        """Runs the worker to its end."""
        try:
            self._names["main"]()
            self.exit_code = 0
        except SystemExit as end:
            self.exit_code = end.code if isinstance(end.code, int) else 1
        except BaseException as error:  # the worker crashes: that is what is tested
            self.exit_code, self.error = 1, error
        self.stop()

    def stop(self) -> None:
        """Does what SIGTERM does."""
        self._names["STOPPING"].set()

    def _wrap(self, name: str, wrapper: Any) -> None:
        original = self._names[name]
        self._names[name] = lambda *arguments: wrapper(original, *arguments)

    def _exchange(self, original: Any, method: str, path: str, body: str | None) -> Any:
        if method == "GET":
            self._lists += 1
            if self._lists == self._most_lists:
                self.stop()
        return original(method, path, body)

    def _do_tasks(self, original: Any, tasks: list[Any]) -> None:
        self.reads_first_list.set()
        if self._begins_after is not None:
            self._begins_after.wait()
        original(tasks)


def _loaded(source: str, settings: dict[str, str]) -> dict[str, Any]:
    """The names of the worker's module. It reads its settings from the environment of this process."""
    names: dict[str, Any] = {"__name__": "small_worker"}
    with _SETTING:
        before = dict(os.environ)
        os.environ.update(settings)
        try:
            exec(compile(source, "small_worker.py", "exec", dont_inherit=True), names)
        finally:
            os.environ.clear()
            os.environ.update(before)
    return names
