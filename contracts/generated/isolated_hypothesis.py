"""Hypothesis, so that the same seed draws the same examples, whatever else is in the process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from unittest import mock

from hypothesis import configuration
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants

from workerkit.mockserver.atomic_file import CannotWriteError


def _folder() -> TemporaryDirectory[str]:
    try:
        return TemporaryDirectory(prefix="workerkit-")
    except OSError as error:
        raise CannotWriteError(f"cannot write a temporary file ({error}): set TMPDIR to a folder") from None


@contextmanager
def isolated_hypothesis() -> Iterator[None]:
    """Within it, Hypothesis knows no other modules and keeps no files where it runs.

    Raises CannotWrite where there is no folder for temporary files.
    """
    # Hypothesis draws from the constants of the modules that happen to be loaded: with the mock in the same
    # process, or under pytest, the same seed would send other requests.
    no_constants = mock.patch.object(providers, "_get_local_constants", return_value=Constants())
    home = vars(configuration).get("__hypothesis_home_directory")
    with _folder() as directory, no_constants:
        configuration.set_hypothesis_home_dir(directory)
        providers.CONSTANTS_CACHE.cache.clear()
        try:
            yield
        finally:
            configuration.set_hypothesis_home_dir(home)
            providers.CONSTANTS_CACHE.cache.clear()
