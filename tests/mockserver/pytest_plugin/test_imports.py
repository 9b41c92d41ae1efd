"""What the plugin imports: nothing of the mock, until a test uses the fixture."""

from __future__ import annotations

import subprocess
import sys

import pytest

# What the plugin itself needs, and pytest.
OWN = {
    "workerkit",
    "workerkit.lazy_names",
    "workerkit.mockserver",
    "workerkit.mockserver.pytest_plugin",
    "workerkit.mockserver.pytest_plugin.plugin",
}
IMPORTS = """
import sys, pytest
before = set(sys.modules)
import workerkit.mockserver.pytest_plugin.plugin
print(*sorted(set(sys.modules) - before), sep="\\n")
"""
# Other plugins of this environment import these modules, too.
OTHER_PLUGINS = ("-p", "no:schemathesis", "-p", "no:hypothesispytest", "-p", "no:anyio", "-p", "no:xdist")
# Only `--conform` needs these.
OF_CONFORM = ("workerkit.contracts", "workerkit.cli", "schemathesis", "hypothesis", "requests")
HEAVY = ("starlette", "uvicorn", "jsonschema_rs", "orjson", "yaml", "workerkit.scenarios")


WITHOUT_PYTEST = """
import sys
sys.modules["pytest"] = None
from workerkit.mockserver import MockServer
with MockServer() as mock, mock.new_world("quiet-day") as api:
    print(api.run([sys.executable, "-c", "pass"]).exit_code)
"""


def test_the_mock_runs_where_pytest_is_not_installed() -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT_PYTEST], capture_output=True, text=True, check=True)
    assert done.stdout == "0\n"


def test_the_plugin_imports_only_itself() -> None:
    done = subprocess.run([sys.executable, "-c", IMPORTS], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) == OWN


@pytest.mark.parametrize("options", [(), ("--worker-api-capsules", "capsules")], ids=["plain", "capsules"])
def test_a_run_without_the_fixture_imports_nothing_of_the_mock(
    pytester: pytest.Pytester, options: tuple[str, ...]
) -> None:
    pytester.makepyfile(
        f"""
        import sys
        import pytest

        def heavy():
            return [name for name in {HEAVY} if name in sys.modules]

        def test_before():
            assert heavy() == []

        def test_failing():
            assert False

        @pytest.mark.scenario("quiet-day")
        def test_misused_mark():
            pass

        def test_after():
            assert heavy() == []

        def test_with(worker_api):
            assert heavy() == list({HEAVY})
            assert [name for name in {OF_CONFORM} if name in sys.modules] == []
        """
    )
    result = pytester.runpytest_subprocess(*OTHER_PLUGINS, *options)
    result.assert_outcomes(passed=3, failed=1, errors=1)


def test_a_warning_of_the_imports_fails_no_test(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        old_dependency="""
        import sys, warnings
        class Warns:
            def find_spec(self, name, path=None, target=None):
                if name == "uvicorn":
                    warnings.warn("uvicorn is old", DeprecationWarning)
        sys.meta_path.insert(0, Warns())
        """
    )
    pytester.makepyfile("def test_with(worker_api):\n    assert worker_api.tasks() == []\n")
    pytester.makepyfile(conftest="import old_dependency")
    result = pytester.runpytest_subprocess(*OTHER_PLUGINS, "-W", "error")
    result.assert_outcomes(passed=1)
