"""A context in which Hypothesis makes the same examples from the same seed in every process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from unittest import mock

from hypothesis import configuration
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants

from workerkit.mockserver.atomic_file import CannotWriteError


def _temporary_folder() -> TemporaryDirectory[str]:
    try:
        return TemporaryDirectory(prefix="workerkit-")
    except OSError as error:
        raise CannotWriteError(f"cannot write a temporary file ({error}): set TMPDIR to a folder") from None


@contextmanager
def isolated_hypothesis() -> Iterator[None]:
    """Until the end of `with`, Hypothesis takes no constants from loaded modules and writes no lasting files.

    Raises CannotWriteError if there is no folder for temporary files.
    """
    # Hypothesis uses constants from all loaded modules for its examples. Under pytest, or with the mock in
    # the same process, different modules are loaded, so the same seed would send different requests.
    no_constants = mock.patch.object(providers, "_get_local_constants", return_value=Constants())
    home = vars(configuration).get("__hypothesis_home_directory")
    with _temporary_folder() as folder, no_constants:
        configuration.set_hypothesis_home_dir(folder)
        providers.CONSTANTS_CACHE.cache.clear()
        try:
            yield
        finally:
            configuration.set_hypothesis_home_dir(home)
            providers.CONSTANTS_CACHE.cache.clear()
