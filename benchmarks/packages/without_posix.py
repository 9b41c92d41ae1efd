"""`python -m benchmarks.packages.without_posix`: the tests, on a system that lacks what Windows lacks.

`tests/acceptance/as_on_windows` takes the modules, signals and calls of POSIX away from every process. All
tests pass, but for those of what such a system cannot do: the list below, and tests that skip themselves. The
tests run folder by folder. A folder that has passed is not run again until build/without_posix is removed.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "build" / "without_posix"
AS_ON_WINDOWS = ROOT / "tests" / "acceptance" / "as_on_windows"
# Tests of what only POSIX has, and what each of them needs.
LEFT_OUT = {
    "tests/mockserver/workers/test_command.py": "the process that guards a worker on POSIX",
    "tests/acceptance/test_without_posix.py": "runs itself on such a system",
    "tests/mockserver/server/test_threads.py::test_under_gevent": "gevent on Linux needs fcntl",
    "tests/contracts/fleet/test_worker_user.py::test_a_run_in_one_process": "gevent on Linux needs fcntl",
    "tests/mockserver/server/test_tls.py::test_a_reset_is_real_also_with_https": "select.poll",
    "tests/mockserver/server/test_foreground.py::test_a_pipe_as_ready_file": "named pipes",
    "tests/mockserver/server/test_foreground.py::test_an_existing_ready_file_keeps_its_mode": "modes",
    "tests/mockserver/capsules/record/test_recording.py::test_only_the_owner_can_read_new_files": "modes",
    "tests/mockserver/test_atomic_file.py::test_an_existing_file_keeps_its_mode": "modes",
    "tests/mockserver/test_atomic_file.py::test_a_pipe": "named pipes",
    "tests/mockserver/test_atomic_file.py::test_a_killed_write": "the signal SIGXFSZ",
    "tests/mockserver/test_atomic_file.py::test_the_draft_is_in_the_folder": "the signal SIGXFSZ",
    "tests/cli/watch/test_watch_app.py": "textual on Linux needs termios",
    "tests/docs/test_pages.py": "commands of a shell, in groups of processes",
    "tests/house/test_names.py": "imports the modules for POSIX",
}
# No test ran, because all are left out.
_NO_TESTS = 5


@click.command()
@click.option("--processes", default=2, show_default=True, help="How many processes run tests.")
@click.argument("folders", metavar="[FOLDER]...", nargs=-1)
def main(processes: int, folders: tuple[str, ...]) -> None:
    """Prints a line for each folder. The exit code is 1 if a test failed."""
    failed = [folder for folder in folders or _folders() if not _passes(folder, processes)]
    click.echo(f"\nfailed: {', '.join(failed) or 'none'}")
    sys.exit(bool(failed))


def _folders() -> list[str]:
    """The folders of tests, two levels deep, and the files beside them."""
    tests = ROOT / "tests"
    files = {path.relative_to(ROOT) for path in tests.rglob("test_*.py")}
    return sorted({Path(*file.parts[:3]).as_posix() for file in files})


def _passes(folder: str, processes: int) -> bool:
    log = FOLDER / (folder.replace("/", "-") + ".txt")
    passed = log.with_suffix(".passed")
    if passed.exists():
        return True
    FOLDER.mkdir(parents=True, exist_ok=True)
    options = ("-q", "-n", str(processes), "-p", "no:cacheprovider", "--tb", "short")
    left_out = [word for test in LEFT_OUT for word in (f"--ignore={test}", f"--deselect={test}")]
    with log.open("w") as output:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *options, *left_out, folder],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(AS_ON_WINDOWS)},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    click.echo(f"{folder}: {log.read_text().splitlines()[-1]}")
    if done.returncode in (0, _NO_TESTS):
        passed.touch()
    return passed.exists()


if __name__ == "__main__":
    main()
