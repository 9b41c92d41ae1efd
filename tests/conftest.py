"""What all tests share: `pytester`, which runs pytest on tests that a test wrote, and Hypothesis's profiles.

Its own limits of time are off: a busy machine takes longer over an example. `make test` tries the same
examples in each run, so that only a change can make it fail. `make bench` tries new examples.
"""

import gc
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = ["pytester"]
CATALOGUES = Path(__file__).parents[1] / "openapi" / "languages"

_any_time = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("same-examples", _any_time, derandomize=True, database=None)
settings.register_profile("new-examples", _any_time, print_blob=True)
settings.load_profile("same-examples")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds the option of `make bench`: with it, no test is left out because it takes long."""
    parser.addoption(
        "--long-blocks", action="store_true", help="Run the long tests and the long blocks of docs."
    )


def pytest_configure(config: pytest.Config) -> None:
    """Adds the mark of long tests. Compiles catalogues that are newer than what was compiled."""
    config.addinivalue_line("markers", "long: runs only with --long-blocks")
    for file in CATALOGUES.glob("*.po"):
        compiled = file.with_suffix(".mo")
        if not compiled.exists() or compiled.stat().st_mtime < file.stat().st_mtime:
            from hatch_build import compile_catalogue  # slow to import

            compile_catalogue(file)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skips long tests without the option."""
    if item.get_closest_marker("long") is not None and not item.config.getoption("--long-blocks"):
        pytest.skip("only with --long-blocks")


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """Modules and tests stay to the end: the garbage collector need not look at them."""
    gc.collect()
    gc.freeze()
