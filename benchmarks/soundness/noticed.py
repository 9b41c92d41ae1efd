"""`python -m benchmarks.soundness.noticed`: `workerkit mutate` on several test suites. Writes noticed.md.

A suite that asserts nothing has to notice nothing. One that checks everything has to notice everything: that
is `workerkit conform`, run as a test suite. Between them are the tests and the workers of the documentation.

Each row goes to a file at once, and the next call goes on where the last one stopped.
"""

from __future__ import annotations

import json
import shlex
import shutil
import sys
import tempfile
from collections.abc import Container, Iterator
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path

import click

from benchmarks.goal import Goal, goal_table, markdown
from benchmarks.machine import Machine
from tests.ci.other_runners import RUNNERS, missing, prepared
from tests.docs.markdown_page import MarkdownPage
from workerkit.mockserver.mutants import MUTANTS
from workerkit.mockserver.mutation.mutation_plan import MutationPlan
from workerkit.mockserver.mutation.mutation_run import run_mutation
from workerkit.scenarios.library import library

_ROOT = Path(__file__).parents[2]
_SUITE_SECONDS, _WORKER_SECONDS = 300.0, 60.0
_EXAMPLES = _ROOT / "tests" / "examples"
_PAGE = Path(__file__).with_suffix(".md")
_DONE = Path("build", "noticed.jsonl")
_NOTHING, _EVERYTHING = "asserts nothing", "checks everything: `workerkit conform`"
_ASSERTS_NOTHING = """
import json, os, urllib.request
from urllib.error import HTTPError

url, key = os.environ["LIKEPION_BASE_URL"], os.environ["LIKEPION_API_KEY"]

def call(method, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    headers = {"X-API-Key": key, "Content-Type": "application/json"}
    try:
        return urllib.request.urlopen(urllib.request.Request(url + path, data, headers, method=method)).read()
    except HTTPError:
        return b""

try:
    task = json.loads(call("GET", "/tasks?limit=5"))["data"][0]
    name, request, account = task["id"], task["request_id"], task["account_id"]
except (ValueError, LookupError, TypeError):
    name = request = account = "unknown"
call("POST", "/health", {"server_name": "server-01", "cpu_usage": 1.5})
call("PUT", f"/tasks/{name}", {"status": "running"})
call("PUT", "/tasks/bulk", {"items": [{"link_id": name, "status": "completed"}]})
call("POST", "/callback/link/update", {"link_id": name, "note": "seen"})
call("POST", "/callback/link/complete", {"link_id": name})
call("POST", "/callback/request/status", {"request_id": request, "status": "running"})
call("POST", "/callback/account/status", {"account_id": account, "status": "active"})
call("POST", "/logs", {"logs": [{"level": "INFO", "message": "done"}]})
"""
_WORKER_TEST = """
import sys

def test_the_worker_does_all_tasks(worker_api):
    for _ in range(3):
        worker_api.add_task(status="pending")
    ended = worker_api.run([sys.executable, {worker!r}])
    assert ended.exit_code == 0
    assert [task["status"] for task in worker_api.tasks()] == ["completed"] * 3
    assert all(request.status == 200 for request in worker_api.journal)
"""


@dataclass(frozen=True, slots=True)
class _Tested:
    """A command of the table. is_worker: it is a worker, and runs in the scenario quiet-day."""

    name: str
    words: tuple[str, ...]
    is_worker: bool = False


@dataclass(frozen=True, slots=True)
class _Row:
    """What a command noticed.

    mutants: how many mutants were tried.
    called: how many operations the command calls.
    """

    name: str
    mutants: int
    called: int
    noticed: int
    missed: int
    not_reached: int
    seconds: float

    @property
    def cells(self) -> list[str]:
        """The cells of the table."""
        counts = (self.mutants, self.called, self.noticed, self.missed, self.not_reached)
        return [self.name, *map(str, counts), f"{self.seconds:.0f}"]


@click.command()
@click.option("--every", default=1, show_default=True, help="Try only every nth mutant.")
@click.option("--jobs", default=2, show_default=True, help="How many runs are done at the same time.")
@click.option("--done", default=str(_DONE), show_default=True, help="The file that keeps the rows.")
def main(every: int, jobs: int, done: str) -> None:
    """Tries the commands whose rows are not in the file, prints the table, and writes it to noticed.md."""
    machine, mutants, file = Machine(), tuple(MUTANTS)[::every], Path(done)
    file.parent.mkdir(parents=True, exist_ok=True)
    rows = _rows(file, len(mutants))
    for row in rows.values():
        click.echo(" | ".join(row.cells))
    with tempfile.TemporaryDirectory() as folder:
        for tested in _commands(Path(folder), skip={*rows}):
            row = rows[tested.name] = _row(tested, mutants, jobs)
            with file.open("a", encoding="utf-8") as lines:
                lines.write(json.dumps(asdict(row)) + "\n")
            click.echo(" | ".join(row.cells))
    goals = _goals(rows)
    _PAGE.write_text(_page(rows, goals, machine.description()), "utf-8")
    sys.exit(0 if all(goal.is_met for goal in goals) else 1)


def _rows(file: Path, mutants: int) -> dict[str, _Row]:
    """The rows that earlier calls with this number of mutants wrote, by the name of the command."""
    lines = file.read_text("utf-8").splitlines() if file.exists() else []
    rows = [_Row(**json.loads(line)) for line in lines]
    return {row.name: row for row in rows if row.mutants == mutants}


def _row(tested: _Tested, mutants: tuple[str, ...], jobs: int) -> _Row:
    scenario = library.find("quiet-day") if tested.is_worker else None
    limit = _WORKER_SECONDS if tested.is_worker else _SUITE_SECONDS
    result = run_mutation(MutationPlan(tested.words, scenario, (), mutants, jobs, time_limit=limit))
    counts = (result.noticed, result.missed, result.not_reached)
    return _Row(tested.name, len(mutants), len(result.called), *counts, result.seconds)


def _commands(folder: Path, *, skip: Container[str]) -> Iterator[_Tested]:
    """The commands, without those with these names. Their files are in a folder."""
    commands = (tested for tested in _python_commands(folder) if tested.name not in skip)
    return chain(commands, _other_runners(folder, skip))


def _python_commands(folder: Path) -> Iterator[_Tested]:
    """The test suites in Python, and the workers of the documentation."""
    python = sys.executable
    keys = (
        "--api-key",
        "{api_key}",
        "--other-api-key",
        "server-02-key",
        "--inactive-api-key",
        "server-03-key",
    )
    conform = (python, "-m", "workerkit", "conform", "{base_url}", *keys, "--seed", "1", "--rate", "10000/s")
    yield _Tested(_NOTHING, (python, _written(folder, "nothing.py", _ASSERTS_NOTHING)))
    yield _Tested(_EVERYTHING, conform)
    pytest = (python, "-m", "pytest", "-q", "-p", "no:cacheprovider")
    page = MarkdownPage.read(_ROOT / "docs" / "how-to" / "mutate.md")
    block = next(block for block in page.blocks if block.marker == "file")
    yield _Tested(
        "the test of docs/how-to/mutate.md", (*pytest, _written(folder, block.argument, block.text))
    )
    worker = str(_EXAMPLES / "worker.py")
    text = _WORKER_TEST.replace("{worker!r}", repr(worker))
    yield _Tested("a test that runs worker.py", (*pytest, _written(folder, "test_worker.py", text)))
    yield _Tested("the worker worker.py", (python, worker), is_worker=True)
    yield _Tested("the worker worker_httpx.py", (python, str(_EXAMPLES / "worker_httpx.py")), is_worker=True)
    if shutil.which("bash") and shutil.which("jq") and shutil.which("curl"):
        yield _Tested("the worker worker.sh", ("bash", str(_EXAMPLES / "worker.sh")), is_worker=True)
    if shutil.which("node"):
        yield _Tested("the worker worker.js", ("node", str(_EXAMPLES / "worker.js")), is_worker=True)


def _other_runners(folder: Path, skip: Container[str]) -> Iterator[_Tested]:
    """The tests of examples/ in other languages. They start `workerkit serve` themselves."""
    for runner in RUNNERS:
        name = f"the tests of examples/{runner.name}"
        if name in skip or missing(runner):
            continue
        tests = prepared(runner, folder, _EXAMPLES / "worker.js")
        settings = " ".join(f"{variable}={shlex.quote(value)}" for variable, value in tests.variables.items())
        line = f"cd {shlex.quote(str(tests.folder))} && {settings} exec {shlex.join(tests.words)}"
        yield _Tested(name, ("sh", "-c", line))


def _written(folder: Path, name: str, text: str) -> str:
    (folder / name).write_text(text, "utf-8")
    return str(folder / name)


def _goals(rows: dict[str, _Row]) -> list[Goal]:
    nothing, everything = rows[_NOTHING], rows[_EVERYTHING]
    left = everything.missed + everything.not_reached
    return [
        Goal("noticed by the suite that asserts nothing", nothing.noticed, "", 0),
        Goal("not noticed by the suite that checks everything", left, "", 0),
    ]


def _page(rows: dict[str, _Row], goals: list[Goal], machine: str) -> str:
    head = ["command", "mutants", "operations called", "noticed", "not noticed", "not reached", "seconds"]
    table = markdown(head, [row.cells for row in rows.values()])
    return (
        "# What test suites and workers notice\n\n"
        f"`workerkit mutate` with some or all of the {len(MUTANTS)} mutants. Each mutant is a mock that "
        "breaks one promise of the API page. It is reached if the command calls its operation.\n\n"
        f"{table}\n\n{goal_table(goals)}\n\n{machine}\n"
    )


if __name__ == "__main__":
    main()
