"""Does what the pages say: each command runs in a fresh folder, and its output is like the one on the page.

The Vietnamese pages have the same blocks: test_twins.py. README is read in a clone.
"""

from pathlib import Path

import pytest

from tests.docs.markdown_page import MarkdownPage
from tests.docs.page_run import PageRun

ROOT = Path(__file__).parents[2]
PAGES = sorted(path for folder in ("tutorials", "how-to") for path in Path(ROOT, "docs", folder).glob("*.md"))

LONG = ("bug-report", "staging", "worker-node", "worker-python")


@pytest.mark.parametrize(
    "path",
    [pytest.param(path, marks=[pytest.mark.long] if path.stem in LONG else []) for path in PAGES],
    ids=lambda path: path.stem,
)
def test_what_a_page_says_is_true(path: Path, tmp_path: Path, pytestconfig: pytest.Config) -> None:
    with_long_blocks = pytestconfig.getoption("--long-blocks")
    with PageRun(MarkdownPage.read(path), tmp_path, with_long_blocks=with_long_blocks) as run:
        run.all_blocks()


def test_what_the_readme_says_is_true(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests/examples").symlink_to(ROOT / "tests/examples", target_is_directory=True)
    readme = MarkdownPage.read(ROOT / "README.md")
    with PageRun(readme, tmp_path, with_long_blocks=pytestconfig.getoption("--long-blocks")) as run:
        run.all_blocks()


def page(tmp_path: Path, text: str) -> MarkdownPage:
    return MarkdownPage(tmp_path / "page.md", text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("```sh\ntrue\n```\n", "no comment says"),
        ("<!-- run -->\n```sh\nfalse\n```\n", "page.md:2: exit code 1"),
        ("<!-- run: exit 1 -->\n```sh\ntrue\n```\n", "exit code 0"),
        (
            "<!-- run -->\n```sh\necho 1 done\n```\n\n<!-- output -->\n```text\n2 done\n```\n",
            "no line like '2 done'",
        ),
        ("<!-- start: until ready -->\n```sh\necho steady\n```\n", "ended before it printed 'ready'"),
    ],
)
def test_a_page_that_is_not_true_is_found(text: str, message: str, tmp_path: Path) -> None:
    with PageRun(page(tmp_path, text), tmp_path) as run, pytest.raises(AssertionError, match=message):
        run.all_blocks()


def test_times_ids_and_ports_of_an_output_may_differ(tmp_path: Path) -> None:
    text = (
        "<!-- run -->\n```sh\necho 'PASS (0.31 s, 3 requests) http://127.0.0.1:54321/ and more'\n```\n\n"
        "<!-- output -->\n```text\nPASS (2 s, 3 requests) http://127.0.0.1:8080/ [...]\n```\n"
    )
    with PageRun(page(tmp_path, text), tmp_path) as run:
        run.all_blocks()


def test_a_long_command_in_the_background_is_left_out(tmp_path: Path) -> None:
    text = (
        "<!-- start: long, until ready -->\n```sh\ntouch started\n```\n\n"
        "<!-- run -->\n```sh\ntrue\n```\n\n<!-- stop -->\n```text\nended\n```\n"
    )
    with PageRun(page(tmp_path, text), tmp_path) as run:
        run.all_blocks()
    assert not (tmp_path / "started").exists()
    with (
        PageRun(page(tmp_path, text), tmp_path, with_long_blocks=True) as run,
        pytest.raises(AssertionError, match="ended before it printed 'ready'"),
    ):
        run.all_blocks()
