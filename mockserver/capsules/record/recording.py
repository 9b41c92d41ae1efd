"""A recording on disk: a capsule's file that grows by an exchange at a time."""

from __future__ import annotations

from io import FileIO
from pathlib import Path

from workerkit.mockserver.atomic_file import CannotWriteError, check_writable, for_owner, put_in_place
from workerkit.mockserver.capsules.file.capsule import Capsule, Recorded
from workerkit.mockserver.capsules.file.decompress import unpacked
from workerkit.mockserver.capsules.file.form import PART
from workerkit.mockserver.capsules.file.reader import parse_capsule
from workerkit.mockserver.capsules.file.writer import CapsuleText, capsule_text
from workerkit.mockserver.capsules.record.recording_pseudonyms import RecordingPseudonyms


def _part_of(path: Path) -> Path:
    """Where a recording grows: in the folder of the file whose place it takes."""
    real = path.resolve() if path.is_symlink() else path
    if real.exists() and not real.is_file():
        raise CannotWriteError(
            f"{path} cannot be written: the capsule would replace something that is not a file"
        )
    return Path(f"{real}{PART}")


class Recording:
    """Writes exchanges as they end into `NAME.part`, and in the end the whole into NAME, in one step.

    The part is a capsule after each exchange. A secret that is known only later may stand in it: it is taken
    out in the end. Only its owner can read it, and the whole, too, unless NAME was there: its mode stays.
    Where NAME is a link, the part lies beside the file that it leads to. Raises CannotWrite where a file
    cannot be written, or where a part is left from before.
    """

    def __init__(self, name: str, *, upstream: str, began: float) -> None:
        folder = Path(name).parent
        if not folder.is_dir():
            raise CannotWriteError(f"{name} cannot be written: there is no folder {folder}. Make it first")
        check_writable(name)
        self._name, self._part = name, _part_of(Path(name))
        self._capsule = Capsule(began, (), upstream=upstream)
        self._text = CapsuleText(began)
        self._names = RecordingPseudonyms()
        self.count = 0
        self._uncertain = 0
        try:
            self._file = FileIO(str(self._part), "x", opener=for_owner)
        except FileExistsError:
            raise CannotWriteError(
                f"{self._part} is left from a recording that was killed: make a capsule of it with "
                f"`workerkit record --from {self._part} --out FILE`, or remove it"
            ) from None
        except OSError as error:
            raise CannotWriteError(f"{self._part} cannot be written: {error.strerror or error}") from None
        self._write(self._text.head(self._capsule))

    def add(self, recorded: Recorded) -> Recorded:
        """Writes an exchange, which is with the operating system then; returns it as it was written.

        Raises CannotWrite; then the file ends with the exchange before.
        """
        recorded = Recorded(unpacked(recorded.exchange), recorded.ending)
        known = self._names.count
        disguised = self._names.disguised(recorded)
        if self._names.count > known:
            self._uncertain = self._file.tell()
        self._write(self._text.exchange(disguised))
        self.count += 1
        return disguised

    def finish(self) -> None:
        """Puts the whole capsule in its place. Raises CannotWrite."""
        # What was written after the last secret was learned has none.
        early = self._part.read_bytes()[: self._uncertain].decode("utf-8", "replace")
        if any(self._names.text(line) != line for line in set(early.splitlines())):
            self._rewrite(self._part.read_text("utf-8"))
        put_in_place(self._file, self._part, self._name)

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
        data, begin = text.encode("utf-8", "surrogatepass"), self._file.tell()
        try:
            while data:
                data = data[self._file.write(data) or 0 :]
        except OSError as error:
            self._file.seek(begin)
            self._file.truncate()
            raise CannotWriteError(f"{self._part} cannot be written: {error.strerror or error}") from None
