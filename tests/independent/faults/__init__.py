"""All faults. Importing this package fills `FAULTS`."""

from tests.independent.fault import FAULTS
from tests.independent.faults import (
    authentication,
    bulk,
    callbacks,
    concurrency,
    errors,
    fields,
    heartbeat,
    listing,
    logs,
    update,
)

__all__ = [
    "FAULTS",
    "authentication",
    "bulk",
    "callbacks",
    "concurrency",
    "errors",
    "fields",
    "heartbeat",
    "listing",
    "logs",
    "update",
]
