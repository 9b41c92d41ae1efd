"""A folder for capsules: one capsule for each scenario or test that failed."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from workerkit.mockserver.atomic_file import make_folder, write_atomically
from workerkit.mockserver.capsules.file.capsule import Capsule
from workerkit.mockserver.capsules.file.writer import capsule_text
from workerkit.openapi.languages.phrase import phrase

_NOT_IN_FILE_NAMES = re.compile(r"[^\w.-]+")
_MAX_NAME_LENGTH = 150


class CapsuleFolder:
    """Writes capsules into a folder. Makes the folder if it does not exist. Raises CannotWriteError.

    Only the owner can read the files. A new capsule replaces a file of the same name from an earlier run. If
    this run has already written a capsule of that name, the new name gets a number: `outage-2`.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = Path(make_folder(str(folder)))
        self._uses = Counter[str]()

    def save(self, name: str, capsule: Capsule) -> str:
        """Writes the capsule of a scenario or test. Returns a sentence about the file for the user.

        Raises CannotWriteError.
        """
        file_name = _NOT_IN_FILE_NAMES.sub("-", name).strip("-")[-_MAX_NAME_LENGTH:]
        path = self._folder / f"{self._unused_name(file_name)}.yaml"
        write_atomically(str(path), capsule_text(capsule).encode("utf-8", "surrogatepass"), secret=True)
        return phrase("capsule: {path}. Replay it with: workerkit replay {path}", path=path)

    def _unused_name(self, name: str) -> str:
        """The name, or the name with a number: `outage`, `outage-2`, ..."""
        self._uses[name.lower()] += 1
        uses = self._uses[name.lower()]
        return name if uses == 1 else self._unused_name(f"{name}-{uses}")
