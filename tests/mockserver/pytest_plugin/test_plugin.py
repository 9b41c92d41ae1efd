"""The pytest plugin. Each test runs pytest on a small test suite."""

from __future__ import annotations

import pytest

from workerkit.mockserver.capsules.other_tools.any_recording import read_recording
from workerkit.mockserver.capsules.replay.replay import replay

# The first lines of each suite. `send(api, method, path, body)` returns the status and the answer as JSON.
CLIENT = """
    import json, threading, urllib.error, urllib.request
    import pytest

    def send(api, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        headers = {"X-API-Key": api.api_key, "Content-Type": "application/json"}
        request = urllib.request.Request(api.base_url + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)
"""


@pytest.fixture
def suite(pytester: pytest.Pytester) -> pytest.Pytester:
    """A project for a test suite. Warnings and unknown marks are errors, and few plugins are loaded."""
    others = "-p no:cacheprovider -p no:schemathesis -p no:hypothesispytest -p no:anyio"
    pytester.makeini(f"[pytest]\naddopts = --strict-markers {others}\nfilterwarnings = error\n")
    return pytester


def run(suite: pytest.Pytester, source: str, *options: str) -> pytest.RunResult:
    suite.makepyfile(CLIENT + source)
    return suite.runpytest_inprocess(*options)


def test_a_worker_can_be_tested(suite: pytest.Pytester) -> None:
    result = run(
        suite,
        """
    def test_worker(worker_api):
        assert worker_api.env["LIKEPION_BASE_URL"] == worker_api.base_url
        assert worker_api.env["LIKEPION_API_KEY"] == worker_api.api_key
        task = worker_api.add_task(service_type="blog")
        status, page = send(worker_api, "GET", "/tasks")
        assert (status, [listed["id"] for listed in page["data"]]) == (200, [task["id"]])
        send(worker_api, "PUT", "/tasks/" + task["id"], {"status": "completed"})
        assert worker_api.tasks(status="completed") == [worker_api.task(task["id"])]
        assert [exchange.operation for exchange in worker_api.journal] == ["listTasks", "updateTask"]
    """,
    )
    result.assert_outcomes(passed=1)


def test_each_test_has_a_world_of_its_own_on_one_server(suite: pytest.Pytester) -> None:
    result = run(
        suite,
        """
    seen = []

    @pytest.mark.parametrize("number", range(3))
    def test_world(worker_api, number):
        assert worker_api.tasks() == []
        worker_api.add_task()
        assert all(key != worker_api.api_key for key, url in seen)
        assert all(url == worker_api.base_url for key, url in seen)
        seen.append((worker_api.api_key, worker_api.base_url))

    def test_that_the_worlds_are_gone(worker_api):
        for key, url in seen:
            request = urllib.request.Request(url + "/tasks", headers={"X-API-Key": key})
            with pytest.raises(urllib.error.HTTPError) as refused:
                urllib.request.urlopen(request)
            with refused.value:
                assert refused.value.code == 401
    """,
    )
    result.assert_outcomes(passed=4)


def test_nothing_is_started_for_tests_without_the_fixture(suite: pytest.Pytester) -> None:
    source = """
    def mocks():
        return [thread for thread in threading.enumerate() if thread.name == "workerkit-mock"]

    BEFORE = mocks()

    def test_without():
        assert mocks() == BEFORE

    def test_with(worker_api):
        assert len(mocks()) == len(BEFORE) + 1
    """
    run(suite, source).assert_outcomes(passed=2)


# The mark


def test_the_mark_begins_a_test_in_a_scenario(suite: pytest.Pytester) -> None:
    result = run(
        suite,
        """
    @pytest.mark.scenario("key-revoked")
    def test_scenario(worker_api):
        assert len(worker_api.tasks()) == 60
        assert [send(worker_api, "GET", "/tasks")[0] for _ in range(4)] == [200, 200, 200, 401]

    def test_plain(worker_api):
        assert worker_api.tasks() == []
    """,
    )
    result.assert_outcomes(passed=2)


def test_the_nearest_mark_counts(suite: pytest.Pytester) -> None:
    result = run(
        suite,
        """
    pytestmark = pytest.mark.scenario("no-such-scenario")

    @pytest.mark.scenario("key-revoked")
    def test_scenario(worker_api):
        assert len(worker_api.tasks()) == 60
    """,
    )
    result.assert_outcomes(passed=1)


def test_the_mark_takes_a_file(suite: pytest.Pytester) -> None:
    suite.makefile(
        ".yaml",
        **{
            "our-day": """
title: Our day
about: One task.
world:
  servers: [{name: ours}]
  tasks: [{count: 1, server: ours}]
"""
        },
    )
    result = run(
        suite,
        """
    @pytest.mark.scenario("our-day.yaml")
    def test_scenario(worker_api):
        assert [task["server"] for task in worker_api.tasks()] == ["ours"]
        assert worker_api.env["LIKEPION_SERVER_NAME"] == "ours"
    """,
    )
    result.assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("mark", "message"),
    [
        ('"key-revokd"', '*there is no scenario "key-revokd" (did you mean "key-revoked"?)*'),
        ('"missing.yaml"', "*missing.yaml: No such file*"),
        ('"broken.yaml"', '*broken.yaml:1:1: "about" is missing*'),
        ("", '*write the mark as @pytest.mark.scenario("key-revoked")*'),
        ('"key-revoked", "key-revoked"', "*write the mark as*"),
        ('name="key-revoked"', "*write the mark as*"),
        ('"key-revoked", heartbeat="often"', "*heartbeat: 'often' is not a duration: *"),
    ],
)
def test_a_wrong_mark_is_an_error_that_says_why(suite: pytest.Pytester, mark: str, message: str) -> None:
    suite.makefile(".yaml", broken="title: A day\n")
    source = f"""
    @pytest.mark.scenario({mark})
    def test_scenario(worker_api):
        raise AssertionError("has started")
    """
    result = run(suite, source)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([message])
    result.stdout.no_fnmatch_line("*has started*")
    result.stdout.no_fnmatch_line("*pytest_plugin.py*")
    result.stdout.no_fnmatch_line("*another exception*")


@pytest.mark.parametrize(
    ("setting", "options", "mark", "why"),
    [
        ("", (), "", "*state how often yours sends them*"),
        ("", (), ', heartbeat="4s"', "*shows only after 8 s*"),
        ("", ("--worker-api-heartbeat", "3s"), "", "*shows only after 6 s*"),
        ("", ("--worker-api-heartbeat", "3s"), ', heartbeat="4s"', "*shows only after 8 s*"),
        ("worker_api_heartbeat = 5s", (), "", "*shows only after 10 s*"),
        ("worker_api_heartbeat = 5s", ("--worker-api-heartbeat", "3s"), "", "*shows only after 6 s*"),
    ],
)
def test_the_interval_of_heartbeats_comes_from_the_mark_the_option_or_the_settings(
    suite: pytest.Pytester, setting: str, options: tuple[str, ...], mark: str, why: str
) -> None:
    with (suite.path / "tox.ini").open("a") as file:
        file.write(f"\n{setting}\n")
    source = f"""
    @pytest.mark.scenario("quiet-day"{mark})
    def test_scenario(worker_api):
        send(worker_api, "POST", "/health", {{}})
        assert not worker_api.verdict().broken
    """
    result = run(suite, source, *options)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*rules of quiet-day not judged*", f"heartbeat-regular: {why}"])


def test_the_mark_without_the_fixture_is_an_error_that_says_what_to_do(suite: pytest.Pytester) -> None:
    result = run(
        suite,
        """
    @pytest.mark.scenario("key-revoked")
    def test_scenario():
        raise AssertionError("has started")
    """,
    )
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        ["the mark scenario does nothing without the fixture worker_api: add the argument *"]
    )
    result.stdout.no_fnmatch_line("*has started*")


def test_a_mark_of_a_whole_module_leaves_tests_without_the_fixture_alone(suite: pytest.Pytester) -> None:
    source = """
    pytestmark = pytest.mark.scenario("key-revoked")

    def test_plain():
        pass

    def test_scenario(worker_api):
        assert len(worker_api.tasks()) == 60
    """
    run(suite, source).assert_outcomes(passed=2)


MISUSES = {
    'verify("updateTaks")': '*there is no operation updateTaks (did you mean "updateTask"?)',
    'task("no-such-task")': "*there is no task no-such-task",
    'add_task(statu="pending")': '*a task has no field statu (did you mean "status"?)',
    'tasks(statu="pending")': '*a task has no field statu (did you mean "status"?)',
    'fault("statuss")': '*unknown fault "statuss" (did you mean "status"?)',
    "clock.advance(60)": "*'60' is not a duration: *",
    'run(["no-such-worker"])': "*the command no-such-worker was not found: *",
    "verdict()": '*this world has no scenario: mark the test with @pytest.mark.scenario("key-revoked"), *',
    "verify(status=500)": "*AssertionError: expected status 500; found 0 requests*",
}


def test_a_wrong_call_is_reported_at_its_line_in_the_test(suite: pytest.Pytester) -> None:
    source = """
    def test_misuse_{}(worker_api):
        worker_api.add_task()
        worker_api.{}
    """
    result = run(suite, "".join(source.format(number, call) for number, call in enumerate(MISUSES)))
    result.assert_outcomes(failed=len(MISUSES))
    expected = [(f">       worker_api.{call}", f"E  {message}") for call, message in MISUSES.items()]
    result.stdout.fnmatch_lines([line.replace("[", "[[]") for pair in expected for line in pair])
    places = [line for line in result.outlines if ".py:" in line and not line.startswith(("E ", "FAILED"))]
    assert len(places) == len(MISUSES)


def test_the_mark_is_listed(suite: pytest.Pytester) -> None:
    run(suite, "", "--markers").stdout.fnmatch_lines(
        ["@pytest.mark.scenario(name_or_file, heartbeat=None): *"]
    )


# The report of a test that failed

FAILING = """
    def test_failing(worker_api):
        worker_api.add_task(password="own-password", email="own@mail.example")
        send(worker_api, "GET", "/tasks?limit=0")
        send(worker_api, "GET", "/tasks?service_type=own-password&after=own@mail.example")
        send(worker_api, "GET", "/" + worker_api.api_key)
        raise AssertionError("of the test")
"""


def test_the_report_of_a_failed_test_has_the_exchanges(suite: pytest.Pytester) -> None:
    result = run(suite, FAILING)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*exchanges with worker_api*",
            "#1 20* GET /api/v1/worker/tasks?limit=0 -> 400: query/limit: *",
            "#2 20* GET /api/v1/worker/tasks?* -> 400: *",
            "#3 20* GET /api/v1/worker/<key *> -> 404: *",
        ]
    )


def test_the_report_of_a_failed_test_has_no_secret(suite: pytest.Pytester) -> None:
    output = run(suite, FAILING, "--tb=short").stdout.str()
    section = output[output.index("exchanges with worker_api") :]
    assert "<key " in section
    assert "<email " in section
    for secret in ("server-01-key", "own-password", "own@mail.example"):
        assert secret not in section


def test_the_report_of_a_failed_test_says_which_rules_were_broken_and_what_the_worker_printed(
    suite: pytest.Pytester,
) -> None:
    source = """
    import sys

    @pytest.mark.scenario("key-revoked")
    def test_failing(worker_api):
        source = "import os; print('\\x1b[31mbegun', os.environ['LIKEPION_API_KEY']); raise SystemExit(3)"
        done = worker_api.run([sys.executable, "-c", source], time_limit="240s")
        assert (done.ended_by, done.exit_code) == ("exit", 3)
        assert worker_api.verdict().passed
    """
    result = run(suite, source)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*exchanges with worker_api*",
            "*rules of key-revoked broken so far*",
            "tasks-ended: 60 of 60 tasks *",
            "process-not-crashed: *exited with code 3 before its first request*",
            "*output of the worker*",
            "begun <key *>",
        ]
    )


def test_the_report_of_a_test_without_requests_says_none(suite: pytest.Pytester) -> None:
    result = run(suite, "\n    def test_failing(worker_api):\n        raise AssertionError")
    result.stdout.fnmatch_lines(["*exchanges with worker_api*", "none"])


def test_only_the_last_of_many_exchanges_are_in_the_report(suite: pytest.Pytester) -> None:
    source = """
    def test_failing(worker_api):
        for _ in range(105):
            send(worker_api, "GET", "/tasks")
        raise AssertionError
    """
    result = run(suite, source)
    result.stdout.fnmatch_lines(["(5 earlier exchanges are left out)", "[#]6 *", "[#]105 *"])
    result.stdout.no_fnmatch_line("[#]5 *")


def test_other_reports_have_no_exchanges(suite: pytest.Pytester) -> None:
    source = """
    def test_passing(worker_api):
        send(worker_api, "GET", "/tasks")

    def test_failing_without():
        raise AssertionError

    @pytest.mark.xfail(strict=True)
    def test_that_has_to_fail(worker_api):
        raise AssertionError

    def test_skipped(worker_api):
        pytest.skip("for now")
    """
    result = run(suite, source, "-rA")
    result.assert_outcomes(passed=1, failed=1, xfailed=1, skipped=1)
    result.stdout.no_fnmatch_line("*exchanges with worker_api*")


# In a new process


def test_the_plugin_is_installed_and_prints_nothing_to_standard_error(suite: pytest.Pytester) -> None:
    suite.makepyfile(CLIENT + FAILING)
    result = suite.runpytest_subprocess()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*exchanges with worker_api*"])
    assert result.stderr.str() == ""


def test_every_process_of_xdist_has_a_server_of_its_own(suite: pytest.Pytester) -> None:
    suite.makepyfile(
        CLIENT
        + """
    import os

    @pytest.mark.parametrize("number", range(4))
    def test_world(worker_api, number, record_property):
        worker_api.add_task()
        assert send(worker_api, "GET", "/tasks")[1]["total"] == 1
    """
    )
    suite.runpytest_subprocess("-n", "2").assert_outcomes(passed=4)


def test_a_test_that_failed_leaves_a_capsule(pytester: pytest.Pytester) -> None:
    (pytester.path / "ours.yaml").write_text(
        "title: Ours\nabout: A comment in our file.\nworld: {servers: [server-01]}\nexpect: [tasks-ended]\n"
    )
    pytester.makepyfile(
        """
        import pytest, urllib.request
        @pytest.mark.scenario("ours.yaml")
        def test_fails(worker_api):
            task = worker_api.add_task(note="for the capsule")
            request = urllib.request.Request(worker_api.base_url + "/tasks")
            request.add_header("X-API-Key", worker_api.api_key)
            urllib.request.urlopen(request).read()
            assert False
        def test_passes(worker_api):
            pass
        """
    )
    result = pytester.runpytest_subprocess("--worker-api-capsules", "capsules")
    (path,) = (pytester.path / "capsules").iterdir()
    result.stdout.fnmatch_lines(["*Replay it with: workerkit replay capsules/*"])
    capsule = read_recording(path)
    assert len(capsule.recorded) == 1
    assert "A comment in our file." in capsule.scenario
    assert capsule.notes[0] == "scenario ours: Ours"
    assert any(note.startswith("broken: tasks-ended: ") for note in capsule.notes)
    assert replay(capsule, name=path.name).difference is None
