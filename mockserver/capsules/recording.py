"""A recording on disk: a capsule's file that grows by an exchange at a time."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from workerkit.mockserver.capsules.unpacking import unpacked
from workerkit.mockserver.whole_file import CannotWrite, check_writable
from workerkit.openapi.exchange import Exchange, Headers
from workerkit.openapi.masking import Secret
from workerkit.openapi.pseudonyms import Pseudonyms, secrets_of
from workerkit.scenarios.capsule import Capsule, Recorded
from workerkit.scenarios.capsule_file import CapsuleText, capsule_text, parse_capsule

PART = ".part"
_MOST_ADDITIONS = 16


class Names:
    """The pseudonyms of a recording, which learns the secrets that come by."""

    def __init__(self) -> None:
        self._salt = secrets.token_bytes(32)
        self._known: dict[Secret, None] = {}
        self._additions = 0
        self._last: dict[str | None, tuple[Headers, bytes, bytes]] = {}
        self.now = Pseudonyms(salt=self._salt)

    def learn(self, recorded: Recorded) -> bool:
        """Takes note of the secrets that an exchange shows in its headers and fields; whether one is new."""
        news = [each for each in self._shown_by(recorded.exchange) if each not in self._known]
        if not news:
            return False
        self._known.update(dict.fromkeys(news))
        self._additions += 1
        if self._additions % _MOST_ADDITIONS:
            known = self.now.knowing(dict.fromkeys(news))
            assert isinstance(known, Pseudonyms)
            self.now = known
        else:  # many small patterns are slower than a large one
            self.now = Pseudonyms(self._known, salt=self._salt)
        return True

    def _shown_by(self, exchange: Exchange) -> Iterator[Secret]:
        """The secrets that an exchange shows; of bodies that came lately all are known."""
        came = exchange.request_headers, exchange.request_body, exchange.answer_body
        if came != self._last.get(exchange.operation):
            self._last[exchange.operation] = came
            yield from secrets_of(exchange)

    def disguised(self, recorded: Recorded) -> Recorded:
        """The exchange without the secrets that are known by now."""
        return Recorded(self.now.disguised(recorded.exchange), recorded.ending)


class Recording:
    """Writes exchanges as they end into `NAME.part`, and in the end the whole into NAME, in one step.

    The part is a capsule after each exchange. A secret that is known only later may stand in it: it is taken
    out in the end. Raises CannotWrite where a file cannot be written, or where a part is left from before.
    """

    def __init__(self, name: str, *, upstream: str, began: float) -> None:
        check_writable(name)
        self._name, self._part = name, Path(f"{name}{PART}")
        self._capsule = Capsule(began, (), upstream=upstream)
        self._text = CapsuleText(began)
        self._names = Names()
        self.count = 0
        self._uncertain = 0
        try:
            self._file = self._part.open("xb", buffering=0)
        except FileExistsError:
            raise CannotWrite(
                f"{self._part} is left from a recording that was killed: make a capsule of it with "
                f"`workerkit record --from {self._part} --out FILE`, or remove it"
            ) from None
        except OSError as error:
            raise CannotWrite(f"{self._part} cannot be written: {error.strerror or error}") from None
        self._write(self._text.head(self._capsule))

    def add(self, recorded: Recorded) -> Recorded:
        """Writes an exchange, which is with the operating system then; returns it as it was written."""
        recorded = Recorded(unpacked(recorded.exchange), recorded.ending)
        if self._names.learn(recorded):
            self._uncertain = self._file.tell()
        disguised = self._names.disguised(recorded)
        self._write(self._text.exchange(disguised))
        self.count += 1
        return disguised

    def finish(self) -> None:
        """Puts the whole capsule in its place. Raises CannotWrite."""
        # What was written after the last secret was learned has none.
        early = self._part.read_bytes()[: self._uncertain].decode("utf-8", "replace")
        if any(self._names.now.text(line) != line for line in set(early.splitlines())):
            self._rewrite(self._part.read_text("utf-8"))
        try:
            os.fsync(self._file.fileno())
            self._file.close()
            self._part.replace(self._name)
        except OSError as error:
            raise CannotWrite(f"{self._name} cannot be written: {error.strerror or error}") from None

    def close(self) -> None:
        """Leaves the part as it is, unless it is finished."""
        self._file.close()

    def _rewrite(self, written: str) -> None:
        """Takes out what was not known for a secret when it was written."""
        capsule = parse_capsule(written, name=str(self._part))
        clean = Capsule(
            capsule.began, tuple(map(self._names.disguised, capsule.recorded)), upstream=capsule.upstream
        )
        self._file.seek(0)
        self._file.truncate()
        self._write(capsule_text(clean))

    def _write(self, text: str) -> None:
        data = text.encode("utf-8", "surrogatepass")
        while data:
            data = data[self._file.write(data) or 0 :]
