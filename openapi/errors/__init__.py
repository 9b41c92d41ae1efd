"""The base classes of the kit's errors. The command line chooses its exit code by them.

An error may also inherit from a built-in class: `class CannotWriteError(UsageError, OSError)`.
"""

from __future__ import annotations


class WorkerkitError(Exception):
    """The base class of all errors of the kit. The message says what is wrong and what to do."""


class UsageError(WorkerkitError):
    """The command, an option or a file is wrong. The command line ends with exit code 2."""


class CannotRunError(WorkerkitError):
    """The command is correct, but it cannot run now, for example because the port is in use. Exit code 3."""
