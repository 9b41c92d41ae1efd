"""Whose certificates are trusted: those that the machine trusts, and those in files that variables name."""

from __future__ import annotations

import os
import ssl
from pathlib import Path

from workerkit.openapi.errors import UsageError

# The first is the one that messages name; the others are those of requests and of curl.
TRUSTED = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


class BadCertificatesError(UsageError, ValueError):
    """A file with certificates to trust is none; the message says which variable names it, and why."""


def tls() -> ssl.SSLContext:
    """What connects to servers whose certificates are trusted, and to no others. Raises BadCertificates."""
    context = ssl.create_default_context()
    for variable in TRUSTED:
        if file := os.environ.get(variable):
            _trust(context, file, variable)
    return context


def _trust(context: ssl.SSLContext, file: str, variable: str) -> None:
    try:
        if Path(file).is_dir():
            context.load_verify_locations(capath=file)
        else:
            context.load_verify_locations(cafile=file)
    except OSError as error:
        why = "it holds no certificate in PEM" if isinstance(error, ssl.SSLError) else error.strerror
        raise BadCertificatesError(
            f"{file}, whose certificates are to be trusted, cannot be read: {why}. The variable {variable} "
            "names it: give it the file of your authority, or unset it"
        ) from None
