"""`pytest --conform URL`: each rule is a test. Each test here runs pytest on a small project."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest

from workerkit.contracts.page.rules import RULES
from workerkit.mockserver.server.server import WorldServer
from workerkit.mockserver.world.operations import HANDLERS
from workerkit.mockserver.world.world import World
from workerkit.mockserver.worlds.world_builder import WorldBuilder
from workerkit.mockserver.worlds.worlds import DEFAULT, Worlds

NOBODY = "http://127.0.0.1:9/api/v1/worker"
KEY = "--conform-api-key=server-01-key"
# A short run that changes nothing.
SHORT = (KEY, "--conform-writes=none", "--conform-max-requests=40")
QUIET = ("-p", "no:cacheprovider", "-p", "no:schemathesis", "-p", "no:hypothesispytest", "-p", "no:anyio")

# pytest itself looks for the modules of its plugins, such as Schemathesis, so this one is missing.
WITHOUT_REQUESTS = """
import sys, pytest
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name == "requests":
            raise ModuleNotFoundError(name, name=name)
sys.meta_path.insert(0, Missing())
"""


class Mock:
    """A mock with the default world. `base_url` is its address, and `sent` counts the requests so far."""

    def __init__(self, base_url: str, world: World) -> None:
        self.base_url, self._world = base_url, world

    @property
    def sent(self) -> int:
        return self._world.journal.count


@pytest.fixture
def mock() -> Iterator[Mock]:
    worlds = Worlds()
    director = worlds.add(DEFAULT, WorldBuilder(seed=1))
    with WorldServer(worlds) as server:
        yield Mock(server.base_url, director.world)


@pytest.fixture
def broken_mock(mock: Mock, monkeypatch: pytest.MonkeyPatch) -> Mock:
    """A mock whose lists have a wrong total."""
    listed = HANDLERS["listTasks"]
    monkeypatch.setitem(
        HANDLERS, "listTasks", lambda *call: {**(page := listed(*call)), "total": page["total"] + 1}
    )
    return mock


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A project with one test of its own. Warnings and unknown marks are errors."""
    pytester.makeini(
        f"[pytest]\naddopts = --strict-markers {' '.join(QUIET)}\nfilterwarnings = error\nxfail_strict = 1\n"
    )
    pytester.makepyfile("def test_own():\n    pass\n")
    return pytester


def run(suite: pytest.Pytester, url: str, *options: str) -> pytest.RunResult:
    return suite.runpytest_inprocess("--conform", url, *options)


def test_the_rules_are_listed_without_a_key_and_without_a_request(suite: pytest.Pytester) -> None:
    result = run(suite, NOBODY, "--co", "-q")
    assert result.ret == 0
    listed = [line for line in result.outlines if line.startswith("conform::")]
    assert listed == [f"conform::{rule.id}" for rule in RULES]
    result.stdout.fnmatch_lines(["*test_own", f"{len(RULES) + 1} tests collected*"])


def test_no_request_is_sent_if_no_rule_is_selected(suite: pytest.Pytester, mock: Mock) -> None:
    run(suite, mock.base_url, KEY, "-k", "test_own").assert_outcomes(passed=1, deselected=len(RULES))
    assert mock.sent == 0


def test_a_rule_is_kept_or_skipped_with_the_reason(suite: pytest.Pytester, mock: Mock) -> None:
    result = run(suite, mock.base_url, *SHORT, "-rs")
    outcomes = result.parseoutcomes()
    assert set(outcomes) == {"passed", "skipped"}
    assert sum(outcomes.values()) == len(RULES) + 1
    assert mock.sent <= 40
    result.stdout.fnmatch_lines(
        [
            "workerkit conform: Testing http*with at most 40 requests*The run changes nothing*",
            "*workerkit conform*",
            "server verdict: pass (*",
            "SKIPPED * conform: needs --conform-writes sandbox or all",
        ]
    )


def test_one_rule_can_be_selected(suite: pytest.Pytester, mock: Mock) -> None:
    run(suite, mock.base_url, *SHORT, "-k", "list-limit").assert_outcomes(passed=1, deselected=len(RULES))


def test_a_broken_rule_fails_with_its_evidence(suite: pytest.Pytester, broken_mock: Mock) -> None:
    result = run(suite, broken_mock.base_url, *SHORT, "-k", "list-total", "--junitxml=report.xml")
    result.assert_outcomes(failed=1, deselected=len(RULES))
    output = result.stdout.str()
    assert re.search(r"#\d+  \$ curl -i -X GET .*\$LIKEPION_API_KEY", output)
    assert "The API page says: " in output
    assert "server-01-key" not in output
    result.stdout.no_fnmatch_line("*rule_test.py*")
    assert "curl -i" in (suite.path / "report.xml").read_text("utf-8")


def test_a_rule_that_is_broken_in_the_baseline_is_an_expected_failure(
    suite: pytest.Pytester, broken_mock: Mock
) -> None:
    rules = [{"id": rule.id, "status": "broken"} for rule in RULES if rule.id.startswith("list-")]
    report = {"target": "http://other/api/v1/worker", "rules": rules, "silences": {}}
    (suite.path / "old.json").write_text(json.dumps(report), "utf-8")
    result = run(suite, broken_mock.base_url, *SHORT, "--conform-baseline=old.json", "-k", "list-total")
    result.assert_outcomes(xfailed=1, deselected=len(RULES))
    assert result.ret == 0
    result.stdout.fnmatch_lines(["Compared with the baseline old.json: *", "*still broken: *list-total*"])


def test_an_unreachable_target_is_one_sentence_for_each_rule(suite: pytest.Pytester) -> None:
    result = run(suite, NOBODY, KEY, "-k", "list-total or list-limit or own")
    result.assert_outcomes(passed=1, errors=3, deselected=len(RULES) - 3)
    output = result.stdout.str()
    assert output.count("\nGET http://127.0.0.1:9/api/v1/worker/tasks got no answer: ") == 3
    assert "Error(" not in output


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((), "the api key is missing: give --conform-api-key or set WORKERKIT_API_KEY"),
        ((KEY, "--conform-rate=fast"), "Invalid value for '--conform-rate': 'fast' is not a rate: "),
        (
            (KEY, "--conform-writes=sandbox"),
            "--conform-writes sandbox needs the tasks that the run may change",
        ),
        ((KEY, "--conform-baseline=missing.json"), "--conform-baseline missing.json: No such file"),
        ((KEY, "--conform-dialect=missing.yaml"), "missing.yaml: No such file"),
    ],
)
def test_a_wrong_option_is_a_usage_error_in_one_line(
    suite: pytest.Pytester, mock: Mock, options: tuple[str, ...], message: str
) -> None:
    result = run(suite, mock.base_url, *options)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert f"ERROR: {message}" in result.stderr.str()
    assert len(result.stderr.str().strip().splitlines()) == 1
    assert mock.sent == 0


def test_a_url_that_is_not_the_api_is_a_usage_error(suite: pytest.Pytester) -> None:
    result = run(suite, "http://127.0.0.1:9/", KEY)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: *does not end in /api/v1/worker: give *"])


def test_the_environment_and_the_project_file_count_as_for_the_command(
    suite: pytest.Pytester, mock: Mock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKERKIT_API_KEY", "server-01-key")
    (suite.path / "pyproject.toml").write_text(
        '[tool.workerkit]\nmax-requests = 7\nwrites = "none"\n', "utf-8"
    )
    result = run(suite, mock.base_url, "-k", "list-limit")
    result.stdout.fnmatch_lines(["workerkit conform: *with at most 7 requests*changes nothing*"])
    assert 0 < mock.sent <= 7


# In new processes


@pytest.mark.long
def test_with_xdist_there_is_one_run(suite: pytest.Pytester, mock: Mock) -> None:
    words = ("--conform", mock.base_url, *SHORT, "-n", "2", "-k", "list")
    result = suite.runpytest_subprocess(*words)
    assert result.ret == 0
    assert result.parseoutcomes()["passed"] > 4
    assert mock.sent <= 40
    result.stdout.fnmatch_lines(["server verdict: pass (*"])


def test_without_the_extra_one_sentence_says_what_to_install(suite: pytest.Pytester) -> None:
    code = WITHOUT_REQUESTS + f"sys.exit(pytest.main([*{QUIET!r}, '--conform', {NOBODY!r}]))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert done.stderr.strip() == (
        "ERROR: --conform needs requests: pip install 'likepion-workerkit[contracts]'"
    )
