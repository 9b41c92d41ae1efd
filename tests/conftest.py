"""What all tests share: `pytester`, which runs pytest on tests that a test wrote, and Hypothesis's profile.

Its own limits of time are off: a busy machine takes longer over an example.
"""

import gc

import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = ["pytester"]

settings.register_profile("kit", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("kit")


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """Modules and tests stay to the end: the garbage collector need not look at them."""
    gc.collect()
    gc.freeze()
