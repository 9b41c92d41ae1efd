"""A recording on disk: a capsule file that grows with each exchange."""

from __future__ import annotations

from collections.abc import Iterator
from io import FileIO
from pathlib import Path
from typing import BinaryIO

from workerkit.mockserver.atomic_file import (
    CannotWriteError,
    check_writable,
    draft_path,
    open_for_owner,
    replace_file,
)
from workerkit.mockserver.capsules.file.capsule import Capsule, RecordedExchange
from workerkit.mockserver.capsules.file.decompress import decompressed
from workerkit.mockserver.capsules.file.file_format import PART_SUFFIX
from workerkit.mockserver.capsules.file.writer import CapsuleFormatter
from workerkit.mockserver.capsules.record.recording_pseudonyms import RecordingPseudonyms
from workerkit.openapi.masking.secret_choice import NO_CHOICE, SecretChoice

# The whole file may need more memory than there is. So it is read in groups of lines.
_BYTES_AT_ONCE = 2**20


def _part_path(path: Path) -> Path:
    """The path of the growing file: beside the file that it will replace."""
    real = path.resolve() if path.is_symlink() else path
    if real.exists() and not real.is_file():
        raise CannotWriteError(f"{path} cannot be written: it is not a file. Name a file for the capsule")
    return Path(f"{real}{PART_SUFFIX}")


def _new_file(path: Path) -> FileIO:
    """A new file that only its owner can read. Raises FileExistsError and CannotWriteError."""
    try:
        return FileIO(str(path), "x", opener=open_for_owner)
    except FileExistsError:
        raise
    except OSError as error:
        raise CannotWriteError(f"{path} cannot be written: {error.strerror or error}") from None


class Recording:
    """Writes exchanges into `NAME.part`. At the end, it replaces NAME with the complete capsule in one step.

    `NAME.part` is a valid capsule after each exchange. It may contain a secret that the recording
    does not know yet: only a later exchange shows that this text is a secret. `finish` replaces all these
    secrets. If NAME is a link, `NAME.part` is beside the linked file.

    Both files are created with mode 0600: only the owner can read them. If NAME already exists, it keeps its
    mode.

    choice: what else is hidden, and what is not.

    Raises CannotWriteError if a file cannot be written, or if `NAME.part` already exists.
    """

    def __init__(self, name: str, *, upstream: str, began: float, choice: SecretChoice = NO_CHOICE) -> None:
        folder = Path(name).parent
        if not folder.is_dir():
            raise CannotWriteError(
                f"{name} cannot be written: the folder {folder} does not exist. Make it first"
            )
        check_writable(name)
        self._name, self._part = name, _part_path(Path(name))
        self._capsule = Capsule(began, (), upstream=upstream)
        self._formatter = CapsuleFormatter(began)
        self._pseudonyms = RecordingPseudonyms(choice)
        self.count = 0
        self._bytes_to_check = 0
        try:
            self._file = _new_file(self._part)
        except FileExistsError:
            raise CannotWriteError(
                f"{self._part} already exists, from a recording that was killed: make a capsule of it with "
                f"`workerkit record --from {self._part} --out FILE`, or remove it"
            ) from None
        self._write(self._formatter.head(self._capsule))

    def add(self, recorded: RecordedExchange) -> RecordedExchange:
        """Writes an exchange to disk. Returns it as it was written, without secrets.

        Raises CannotWriteError. The file then ends with the exchange before this one.
        """
        recorded = RecordedExchange(decompressed(recorded.exchange), recorded.ending)
        known_count = self._pseudonyms.count
        clean = self._pseudonyms.without_secrets(recorded)
        if self._pseudonyms.count > known_count:
            self._bytes_to_check = self._file.tell()
        self._write(self._formatter.exchange(clean))
        self.count += 1
        return clean

    def finish(self) -> None:
        """Gives the complete capsule its name. Raises CannotWriteError."""
        part = self._part
        with part.open("rb") as file:
            has_secret = any(map(self._pseudonyms.has_secret_in, self._early_lines(file)))
        if has_secret:
            self._rewrite()
        self._write(self._formatter.complete(count=self.count))
        self._write(self._formatter.notes(self._pseudonyms.notes))
        replace_file(self._file, self._part, self._name)
        if self._part != part:
            part.unlink()

    def close(self) -> None:
        """Closes the file. Without `finish`, `NAME.part` stays as it is."""
        self._file.close()

    def _early_lines(self, file: BinaryIO) -> Iterator[list[str]]:
        """The lines that can contain a secret, in groups of about a megabyte.

        All later lines were written when all secrets were known.
        """
        while file.tell() < self._bytes_to_check and (lines := file.readlines(_BYTES_AT_ONCE)):
            yield [line.decode("utf-8", "surrogatepass") for line in lines]

    def _rewrite(self) -> None:
        """Goes on with a copy of the file, without the secrets that were not known at first."""
        draft = draft_path(self._part)
        with self._file, self._part.open("rb") as file:
            self._file = _new_file(draft)
            try:
                self._copy(file)
            except BaseException:
                self._file.close()
                draft.unlink()
                raise
        self._part = draft

    def _copy(self, file: BinaryIO) -> None:
        for lines in self._early_lines(file):
            self._write("".join(self._pseudonyms.clean_lines(lines)))
        while data := file.read(_BYTES_AT_ONCE):
            self._write_bytes(data)

    def _write(self, text: str) -> None:
        self._write_bytes(text.encode("utf-8", "surrogatepass"))

    def _write_bytes(self, data: bytes) -> None:
        start = self._file.tell()
        try:
            while data:
                data = data[self._file.write(data) or 0 :]
        except OSError as error:
            self._file.seek(start)
            self._file.truncate()
            raise CannotWriteError(f"{self._part} cannot be written: {error.strerror or error}") from None
