"""An error of the kit's own, which is no finding: it is told in one line, and its trace is put aside."""

from __future__ import annotations

import tempfile
from traceback import format_exception

from workerkit.openapi.masking.mask import Mask


def save_trace(error: Exception) -> str:
    """Writes the trace of an error, without secrets, into a file of its own; a line that says where.

    Where there is no folder for such files, the trace stands below the line.
    """
    mask = Mask((), salt=b"")
    told = mask.text(f"{type(error).__name__}: {error}".partition("\n")[0])
    trace = mask.text("".join(format_exception(error)))
    return f"an error of the kit itself, no finding: {told}; please report it with its trace {_kept(trace)}"


def _kept(trace: str) -> str:
    try:
        with tempfile.NamedTemporaryFile("w", prefix="workerkit-", suffix=".txt", delete=False) as file:
            file.write(trace)
    except OSError:
        return f"below\n{trace}"
    return f"in {file.name}"
