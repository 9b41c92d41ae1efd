"""The certificate of the mock: one that the user gives, or one that is made for this run."""

from __future__ import annotations

import ssl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from workerkit.mockserver.atomic_file import open_for_owner
from workerkit.mockserver.http.host_name import canonical_host
from workerkit.mockserver.http.trusted_certificates import CERTIFICATE_VARIABLES
from workerkit.openapi.errors import UsageError

# Clients on this machine use these names.
_LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")
_ALL_ADDRESSES = ("0.0.0.0", "::")


class BadTlsFilesError(UsageError, ValueError):
    """The certificate or its key cannot be used. The message says why."""


class TlsMissingError(UsageError):
    """The package that makes certificates is not installed. The message says how to install it."""


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """The names of the files that the mock needs for https.

    certificate: the certificate of the mock, and those of the authorities between it and a trusted one.
    key: the private key of the certificate.
    authority: the certificate of the authority that signed a certificate made for this run. Clients must
        trust it. None for a certificate that the user gave.

    Raises BadTlsFilesError.
    """

    certificate: str
    key: str
    authority: str | None = None

    def __post_init__(self) -> None:
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(self.certificate, self.key)
        except OSError as error:
            why = "it is no PEM file, or the key is not the key of the certificate"
            reason = why if isinstance(error, ssl.SSLError) else error.strerror
            raise BadTlsFilesError(
                f"the certificate {self.certificate} with the key {self.key} cannot be used: {reason}"
            ) from None

    @property
    def client_environment(self) -> dict[str, str]:
        """Environment variables with which the clients of most languages trust the certificate."""
        if self.authority is None:
            return {}
        return dict.fromkeys((*CERTIFICATE_VARIABLES, "NODE_EXTRA_CA_CERTS"), self.authority)


@contextmanager
def temporary_certificate(*hosts: str) -> Iterator[TlsFiles]:
    """Makes an authority, and a certificate for the mock. The files are deleted after the `with` block.

    hosts: the address that the mock listens on, and other names of it. The certificate is also valid for
        `localhost`.

    Raises TlsMissingError if trustme is not installed.
    """
    try:
        import trustme  # only for --tls: the package is not part of every installation
    except ModuleNotFoundError:
        raise TlsMissingError(
            "to make a certificate, the mock needs trustme: pip install 'likepion-workerkit[tls]'"
        ) from None
    names = dict.fromkeys((*_LOCAL_NAMES, *map(canonical_host, hosts)))
    authority = trustme.CA(organization_name="workerkit, for one run")
    made = authority.issue_cert(*(name for name in names if name not in _ALL_ADDRESSES))
    with tempfile.TemporaryDirectory(prefix="workerkit-tls-") as name:
        folder = Path(name)
        chain = b"".join(blob.bytes() for blob in made.cert_chain_pems)
        yield TlsFiles(
            _written(folder / "certificate.pem", chain),
            _written(folder / "key.pem", made.private_key_pem.bytes()),
            _written(folder / "authority.pem", authority.cert_pem.bytes()),
        )


def _written(path: Path, data: bytes) -> str:
    """Writes a file that only its owner can read. Returns its name."""
    with open(path, "xb", opener=open_for_owner) as file:
        file.write(data)
    return str(path)
