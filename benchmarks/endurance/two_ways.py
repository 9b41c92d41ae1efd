"""`python -m benchmarks.endurance.two_ways [REQUESTS]`: are the ways through the server one?

Sends 100,000 (or REQUESTS) generated requests to equal mocks in four ways: whole, whole without the quick
way, pipelined, and cut anywhere. Status, headers, body, the end of the connection and the journal must be the
same.
Prints a report as JSON. The exit code is 1 if something differs.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from itertools import islice

from tests.mockserver.server.two_ways import Comparison

REQUESTS = 100_000
# New mocks after so many requests, so that the journals stay small.
REQUESTS_OF_A_MOCK = 5_000
MOST_DIFFERENCES = 5


def main() -> None:
    """Runs the comparison, prints its report and exits."""
    requests = int(sys.argv[1]) if len(sys.argv) > 1 else REQUESTS
    differences: list[str] = []
    statuses: Counter[str] = Counter()
    for seed in range(-(-requests // REQUESTS_OF_A_MOCK)):
        comparison = Comparison(seed)
        count = min(REQUESTS_OF_A_MOCK, requests - seed * REQUESTS_OF_A_MOCK)
        differences += islice(comparison.differences(count), MOST_DIFFERENCES)
        statuses.update({status.decode("latin-1"): number for status, number in comparison.statuses.items()})
        comparison.close()
    report = {
        "requests": requests,
        "ways": 4,
        "differences": len(differences),
        "first_differences": differences[:MOST_DIFFERENCES],
        "first_status_of_each_connection": dict(sorted(statuses.items())),
    }
    sys.stdout.write(json.dumps(report, indent=2) + "\n")
    sys.exit(1 if differences else 0)


if __name__ == "__main__":
    main()
