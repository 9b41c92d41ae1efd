"""Trusted TLS certificates: those of the machine, and those in files that environment variables name."""

from __future__ import annotations

import os
import ssl
from pathlib import Path

from workerkit.openapi.errors import UsageError

# Messages suggest the first variable. The Python library `requests` uses the second, and `curl` the third.
CERTIFICATE_VARIABLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


class BadCertificatesError(UsageError, ValueError):
    """A file with trusted certificates cannot be read. The message names the variable and the reason."""


def tls_context() -> ssl.SSLContext:
    """A TLS context that accepts only servers with a trusted certificate. Raises BadCertificatesError."""
    context = ssl.create_default_context()
    for variable in CERTIFICATE_VARIABLES:
        if file := os.environ.get(variable):
            _load_certificates(context, file, variable)
    return context


def _load_certificates(context: ssl.SSLContext, file: str, variable: str) -> None:
    try:
        if Path(file).is_dir():
            context.load_verify_locations(capath=file)
        else:
            context.load_verify_locations(cafile=file)
    except OSError as error:
        why = (
            "it contains no certificate in PEM format" if isinstance(error, ssl.SSLError) else error.strerror
        )
        raise BadCertificatesError(
            f"the certificate file {file}, which the variable {variable} names, cannot be read: {why}. "
            f"Set {variable} to the certificate file of your authority, or unset it. "
            "More: workerkit docs troubleshooting"
        ) from None
