"""`python -m tests.independent`: runs the server until the process is stopped."""

from __future__ import annotations

import argparse
import json
import sys
import threading
from dataclasses import asdict
from pathlib import Path

from tests.independent.faults import FAULTS
from tests.independent.running import running
from tests.independent.variants import VARIANTS


def main() -> None:
    """Writes the URL and the keys as one line of JSON to the ready file, or to standard output."""
    parser = argparse.ArgumentParser(prog="python -m tests.independent", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0: a free port (default)")
    parser.add_argument("--fault", choices=FAULTS, metavar="NAME", help="one of: " + ", ".join(FAULTS))
    parser.add_argument(
        "--variant",
        choices=VARIANTS,
        default="natural",
        metavar="NAME",
        help="one of: " + ", ".join(VARIANTS),
    )
    parser.add_argument("--ready-file", type=Path)
    options = parser.parse_args()
    fault = FAULTS[options.fault] if options.fault else None
    with running(VARIANTS[options.variant], fault, port=options.port) as server:
        line = json.dumps({"base_url": server.base_url, **asdict(server.seeded)}) + "\n"
        if options.ready_file:
            part_file = options.ready_file.with_suffix(".part")
            part_file.write_text(line, "utf-8")
            part_file.replace(options.ready_file)
        else:
            sys.stdout.write(line)
            sys.stdout.flush()
        threading.Event().wait()


if __name__ == "__main__":
    main()
