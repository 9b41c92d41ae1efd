"""The examples of docs/reference/python.md and fixture.md: each runs as it is, beside the careful worker."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from tests.package.test_public_names import NAMES

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/reference/python.md").read_text("utf-8")
VIETNAMESE_PAGE = (ROOT / "docs/vi/reference/python.md").read_text("utf-8")
BLOCK = re.compile(r"^    # (\w+\.py)\n((?:    .*\n|\n)+)", re.MULTILINE)
FIXTURE_PAGE = (ROOT / "docs/reference/fixture.md").read_text("utf-8")
EXAMPLES = {name: dedent(source) for name, source in BLOCK.findall(PAGE + FIXTURE_PAGE)}
QUIET = ("-p", "no:schemathesis", "-p", "no:cacheprovider", "-q")
# How each example is run.
RUNNERS = {
    "test_with_unittest.py": ("-m", "unittest"),
    "test_with_pytest.py": ("-m", "pytest", *QUIET),
    "test_worker.py": ("-m", "pytest", *QUIET),
    "run_one_scenario.py": (),
    "judge_a_function.py": (),
    "test_a_server.py": ("-m", "pytest", *QUIET),
}

LONG = ("test_worker.py", "test_a_server.py")


def test_each_example_of_the_pages_is_run() -> None:
    assert set(EXAMPLES) == set(RUNNERS)


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[pytest.mark.long] if name in LONG else []) for name in RUNNERS],
)
def test_an_example_does_what_the_page_says(tmp_path: Path, name: str) -> None:
    shutil.copy(ROOT / "tests" / "examples" / "worker.py", tmp_path)
    (tmp_path / name).write_text(EXAMPLES[name])
    child = [sys.executable, "-W", "error", *RUNNERS[name], name]
    done = subprocess.run(child, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("page", [PAGE, VIETNAMESE_PAGE], ids=["en", "vi"])
@pytest.mark.parametrize("package", [package for package in NAMES if package != "workerkit"])
def test_the_page_names_all_public_names(package: str, page: str) -> None:
    listed = {
        name.strip()
        for names in re.findall(rf"`from {re.escape(package)} import ([^`]+)`", page)
        for name in names.split(",")
    }
    assert listed == NAMES[package]
