"""Files that are there in full or not at all."""

from __future__ import annotations

import os
from pathlib import Path


class CannotWrite(OSError):
    """A file cannot be written; the message says which and why."""


def write_whole(name: str, content: bytes) -> None:
    """Writes a file in one step, so that whoever sees it sees all of it. Raises CannotWrite."""
    path = Path(name)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.write_bytes(content)
        draft.replace(path)
    except OSError as error:
        raise CannotWrite(f"{name} cannot be written: {error.strerror or error}") from None
