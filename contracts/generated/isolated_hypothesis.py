"""A context in which Hypothesis makes the same examples from the same seed in every process.

Under pytest, the settings of Hypothesis may be those of the project that is tested.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from unittest import mock

from hypothesis import Phase, configuration, settings
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants

from workerkit.contracts.generated.used_names import check_used_names
from workerkit.mockserver.atomic_file import CannotWriteError

_PROFILE = "workerkit"
# All settings that the kit or Schemathesis may leave out are here, so that no other profile changes them.
settings.register_profile(
    _PROFILE,
    settings.get_profile("default"),
    max_examples=100,
    phases=tuple(Phase),
    stateful_step_count=50,
    derandomize=False,
    deadline=None,
    suppress_health_check=(),
)
USED_NAMES = (
    (providers, "_get_local_constants"),
    (providers, "CONSTANTS_CACHE"),
    (settings, "get_current_profile_name"),
)
check_used_names("hypothesis", USED_NAMES)


def _temporary_folder() -> TemporaryDirectory[str]:
    try:
        return TemporaryDirectory(prefix="workerkit-")
    except OSError as error:
        raise CannotWriteError(f"cannot write a temporary file ({error}): set TMPDIR to a folder") from None


@contextmanager
def isolated_hypothesis() -> Iterator[None]:
    """During the `with` block, Hypothesis uses settings of this kit.

    It uses no constants from loaded modules, and leaves no files behind.

    Raises CannotWriteError if there is no folder for temporary files.
    """
    # Hypothesis uses constants from all loaded modules for its examples. Under pytest, or with the mock in
    # the same process, different modules are loaded, so the same seed would send different requests.
    no_constants = mock.patch.object(providers, "_get_local_constants", return_value=Constants())
    home = vars(configuration).get("__hypothesis_home_directory")
    with _temporary_folder() as folder, no_constants:
        configuration.set_hypothesis_home_dir(folder)
        providers.CONSTANTS_CACHE.cache.clear()
        profile = settings.get_current_profile_name()
        settings.load_profile(_PROFILE)
        try:
            yield
        finally:
            settings.load_profile(profile)
            configuration.set_hypothesis_home_dir(home)
            providers.CONSTANTS_CACHE.cache.clear()
