"""Runs a program with a monotonic clock that starts at 0: `python clock_from_zero.py PROGRAM [WORD]...`.

On a machine that has just started, the monotonic clock is near 0. A program that uses 0.0 as "long ago" fails
there.
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
