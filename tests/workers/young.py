"""Runs a program as on a machine that was just started: `python young.py PROGRAM [WORD]...`.

There the monotonic clock is near zero, so that a program which takes 0.0 for "long ago" goes wrong.
"""

from __future__ import annotations

import runpy
import sys
import time

if __name__ == "__main__":
    monotonic, started = time.monotonic, time.monotonic()
    time.monotonic = lambda: monotonic() - started
    sys.argv = sys.argv[1:]
    runpy.run_path(sys.argv[0], run_name="__main__")
