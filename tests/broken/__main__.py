"""`python -m tests.broken NAME SEED`: serves a mutant until its standard input ends."""

from __future__ import annotations

import sys

from tests.broken.serving import serve

if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]))
