"""`workerkit docs`: prints the pages of the documentation, which are installed with the kit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

Run = Callable[..., tuple[int, str, str]]
ROOT = Path(__file__).parents[3]


def test_every_english_page_is_listed_with_its_title(run: Run) -> None:
    code, output, errors = run("docs")
    assert (code, errors) == (0, "")
    listed = dict(line.split(maxsplit=1) for line in output.splitlines())
    files = {
        path.relative_to(ROOT / "docs").with_suffix("").as_posix() for path in ROOT.glob("docs/[!m]*/*.md")
    }
    assert {name for name in files if not name.startswith("vi/")} <= {*listed}
    assert listed["how-to/containers"] == "Run in containers"
    assert not any(name.startswith(("vi/", "made_pages/")) for name in listed)


def test_a_page_is_printed_without_what_is_only_for_tests_and_sphinx(run: Run) -> None:
    output = run("docs", "how-to/containers")[1]
    assert output.startswith("# Run in containers\n")
    assert "workerkit exec --host 172.17.0.1 -- docker run" in output
    assert "<!--" not in output
    assert "{toctree}" not in run("docs", "index")[1]


def test_a_page_is_there_in_vietnamese(run: Run) -> None:
    assert run("docs", "vi/how-to/containers")[1].startswith("# Chạy trong container\n")


def test_an_unknown_page_is_exit_2_with_the_nearest_name(run: Run) -> None:
    code, output, errors = run("docs", "how-to/container")
    assert (code, output) == (2, "")
    assert errors == 'workerkit: there is no page how-to/container (did you mean "how-to/containers"?)\n'
    assert "`workerkit docs` lists all pages" in run("docs", "xyz")[2]
