"""What a caller program gets from the benchmark, and how it prints what it read."""

from __future__ import annotations

import json
import os

SETTINGS: dict[str, str] = json.loads(os.environ["CALLS"])
WRONG_KEY = "a-key-of-nobody"


def show(name: str, value: object) -> None:
    """Prints one value that was read from an answer."""
    print(name, value, flush=True)
