"""The two forms of the header Retry-After in HTTP."""

from __future__ import annotations

from typing import Annotated

from workerkit.scenarios.fields.kinds import OneOf

RetryAfterForm = Annotated[str, OneOf(("seconds", "date"))]
