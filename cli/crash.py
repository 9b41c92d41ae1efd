"""Reports an unexpected error of the kit itself: one line for the user, and the traceback in a file."""

from __future__ import annotations

import tempfile
from traceback import format_exception

from workerkit.openapi.masking.mask import Mask


def save_trace(error: Exception) -> str:
    """Writes the traceback of an error into a new file, without secrets. Returns a line with the file's name.

    If the file cannot be written, the returned text has the traceback below the line.
    """
    mask = Mask((), salt=b"")
    summary = mask.text(f"{type(error).__name__}: {error}".partition("\n")[0])
    trace = mask.text("".join(format_exception(error)))
    return (
        f"an error in workerkit itself, not a finding: {summary}. Please report this error. "
        f"Its traceback is {_place_of(trace)}"
    )


def _place_of(trace: str) -> str:
    try:
        with tempfile.NamedTemporaryFile("w", prefix="workerkit-", suffix=".txt", delete=False) as file:
            file.write(trace)
    except OSError:
        return f"below\n{trace}"
    return f"in {file.name}"
