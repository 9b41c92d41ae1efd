"""The mask for reports. It hides the target's keys and the secrets in the exchanges."""

from __future__ import annotations

from collections.abc import Iterable

from workerkit.contracts.target.target import Target
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.masking.mask import Mask, Secret, secrets_in


def mask_of(target: Target, exchanges: Iterable[Exchange] = ()) -> Mask:
    """A mask that hides the target's keys, and every password and e-mail address in the exchanges.

    With the same API key, the mask replaces a secret by the same text in every run. So equal runs give equal
    reports.
    """
    known: set[Secret] = {("key", key) for key in target.keys}
    for exchange in exchanges:
        for body in (exchange.request_json(), exchange.answer_json()):
            known.update(secrets_in(body))
    return Mask(sorted(known), salt=target.api_key.encode())
