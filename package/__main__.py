"""`python -m workerkit`: the same as the command `workerkit`."""

from __future__ import annotations

from workerkit.cli.main import main

if __name__ == "__main__":
    main()
