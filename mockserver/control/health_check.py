"""Asks a running mock over HTTP whether it answers."""

from __future__ import annotations

import http.client
import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from workerkit.openapi.errors import UsageError, WorkerkitError


class NotHealthyError(WorkerkitError):
    """The mock did not answer, or it answered something else. The message says what happened."""


@dataclass(frozen=True, slots=True)
class RunningMock:
    """Where a mock is.

    control_url: the URL of its control plane.
    token: its control token, or None.
    authority_file: the certificate of the authority that signed its certificate, or None.
    """

    control_url: str
    token: str | None = None
    authority_file: str | None = None

    def check(self, seconds: float) -> None:
        """Raises NotHealthyError if the mock does not say in time that it is well.

        seconds: how long to wait for the connection, and for each part of the answer.
        """
        try:
            status, body = self._get("/health", seconds)
        except (OSError, http.client.HTTPException) as error:
            raise NotHealthyError(f"{self.control_url} does not answer: {error or repr(error)}") from None
        if status == http.client.UNAUTHORIZED:
            raise NotHealthyError(f"{self.control_url} wants the control token: name its file")
        if status != http.client.OK or not _says_ok(body):
            raise NotHealthyError(f"{self.control_url} answered {status}: this is no healthy mock")

    def _get(self, path: str, seconds: float) -> tuple[int, bytes]:
        url = urlsplit(self.control_url)
        connection = self._connection(url.scheme, url.netloc, seconds)
        try:
            headers = {} if self.token is None else {"Authorization": f"Bearer {self.token}"}
            connection.request("GET", url.path + path, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def _connection(self, scheme: str, place: str, seconds: float) -> http.client.HTTPConnection:
        if scheme != "https":
            return http.client.HTTPConnection(place, timeout=seconds)
        trust = ssl.create_default_context(cafile=self.authority_file)
        if self.authority_file is None:
            # A certificate of the user's own is made for a public name, and not for this address.
            trust.check_hostname, trust.verify_mode = False, ssl.CERT_NONE
        return http.client.HTTPSConnection(place, timeout=seconds, context=trust)


def mock_of_ready_file(file: str) -> RunningMock:
    """The mock that wrote a ready file. Raises NotHealthyError if there is no file: the mock is not ready.

    Raises UsageError if the file is not the ready file of a mock.
    """
    try:
        values: Mapping[str, Any] = json.loads(Path(file).read_text("utf-8"))
        return RunningMock(values["control_url"], values["token"], values.get("authority_file"))
    except FileNotFoundError:
        raise NotHealthyError(f"there is no ready file {file}: the mock is not ready") from None
    except OSError as error:
        raise UsageError(f"--ready-file {file} cannot be read: {error.strerror or error}") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise UsageError(f"--ready-file {file}: this is no file that `serve --ready-file` wrote") from None


def _says_ok(body: bytes) -> bool:
    try:
        answer = json.loads(body)
    except ValueError:
        return False
    return isinstance(answer, dict) and answer.get("status") == "ok"
