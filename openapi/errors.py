"""The errors of the kit, by what the command line does with them.

An error that stands for a built-in one inherits from it too: `class CannotWriteError(UsageError, OSError)`.
"""

from __future__ import annotations


class WorkerkitError(Exception):
    """Every error that the kit raises on purpose. Its message says what is wrong and what to do."""


class UsageError(WorkerkitError):
    """The command, an option or a file is wrong. The command line ends with exit code 2."""


class CannotRunError(WorkerkitError):
    """All was right, but it could not run: target unreachable, port taken. Exit code 3."""
