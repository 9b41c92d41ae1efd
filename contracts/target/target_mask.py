"""What a report must not show: the target's keys, and the secrets in what was sent and answered."""

from __future__ import annotations

from collections.abc import Iterable

from workerkit.contracts.target.target import Target
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.masking.mask import Mask, Secret, secrets_in


def mask_of(target: Target, exchanges: Iterable[Exchange] = ()) -> Mask:
    """The mask that knows the target's keys and every password and e-mail address of the exchanges.

    The same target and key give the same masks, so that equal runs give equal reports.
    """
    known: set[Secret] = {("key", key) for key in target.keys}
    for exchange in exchanges:
        for body in (exchange.sent(), exchange.answered()):
            known.update(secrets_in(body))
    return Mask(sorted(known), salt=target.api_key.encode())
