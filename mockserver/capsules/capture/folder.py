"""A folder of capsules, one for each thing that failed."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from workerkit.mockserver.atomic_file import made_folder, write_whole
from workerkit.mockserver.capsules.file.capsule import Capsule
from workerkit.mockserver.capsules.file.writer import capsule_text

_ODD = re.compile(r"[^\w.-]+")
_LONGEST = 150


class CapsuleFolder:
    """Writes capsules into a folder, which is made where there is none. Raises CannotWrite, at once.

    Only their owner can read them. A capsule takes the place of one that an earlier shelf left under its
    name, and never that of its own.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = Path(made_folder(str(folder)))
        self._times = Counter[str]()

    def put(self, name: str, capsule: Capsule) -> str:
        """Writes the capsule of a scenario or test; returns what to tell about it. Raises CannotWrite."""
        path = self._folder / f"{self._free(_ODD.sub('-', name).strip('-')[-_LONGEST:])}.yaml"
        write_whole(str(path), capsule_text(capsule).encode("utf-8", "surrogatepass"), secret=True)
        return f"{path}: a capsule of it. See the same again with: workerkit replay {path}"

    def _free(self, name: str) -> str:
        """The name, or with a number behind it: `outage`, `outage-2`, ..."""
        self._times[name.lower()] += 1
        times = self._times[name.lower()]
        return name if times == 1 else self._free(f"{name}-{times}")
