"""Reads the file of a recording: unpacks it, and decodes its text."""

from __future__ import annotations

import codecs
import re
import zlib
from io import BytesIO
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from workerkit.mockserver.capsules.file.file_format import PART_SUFFIX
from workerkit.openapi.formats.yaml_nodes import InvalidInputError

_GZIP, _ZIP = b"\x1f\x8b", b"PK\x03\x04"
_MAX_BYTES = 2**30
# The first bytes of a recording that is text.
_BEGINNINGS = (b"{", b"[", b"capsule:", b"---", b"interactions:", b"http_interactions:")
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_READABLE = (
    "workerkit reads capsules, journals of workerkit serve, HAR files (also in gzip, in a zip of Playwright, "
    "or in UTF-16), flow files of mitmproxy, and cassettes of VCR. To convert another recording, open it in "
    "the tool that wrote it and export a HAR. More: workerkit docs reference/capsules"
)
# A capsule that somebody has pasted into an issue: a Markdown fence around it.
_FENCED_CAPSULE = re.compile(
    r"^(?P<fence>`{3,}|~{3,})[^\n]*\n(?P<capsule>capsule:.*?)^(?P=fence)[ \t]*$",
    re.MULTILINE | re.DOTALL,
)


def unpacked(path: Path) -> bytes:
    """The bytes of a file, without gzip. Raises InvalidInputError."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        part = path.with_name(path.name + PART_SUFFIX)
        hint = f". There is {part} from a recording that was killed: use that file" if part.exists() else ""
        raise InvalidInputError(f"{path}: this file does not exist{hint}") from None
    except IsADirectoryError:
        raise InvalidInputError(f"{path}: this is a folder. Name a file in it") from None
    except OSError as error:
        raise InvalidInputError(f"{path}: the file cannot be read: {error.strerror}") from None
    data = _gunzipped(data, path) if data.startswith(_GZIP) else data
    if not data.strip():
        raise InvalidInputError(f"{path}: the file is empty")
    return data


def _gunzipped(data: bytes, path: Path) -> bytes:
    decompressor = zlib.decompressobj(31)
    try:
        plain = decompressor.decompress(data, _MAX_BYTES)
    except zlib.error as error:
        raise InvalidInputError(f"{path}: the gzip file is damaged: {error}") from None
    if not decompressor.eof:
        raise InvalidInputError(f"{path}: the gzip file is cut off, or its content is longer than 1 GiB")
    return plain


def har_in_zip(data: bytes, path: Path) -> tuple[bytes, ZipFile] | None:
    """The HAR in a zip file and the zip file. None if `data` is not a zip file. Raises InvalidInputError."""
    if not data.startswith(_ZIP):
        return None
    try:
        files = ZipFile(BytesIO(data))
        if sum(entry.file_size for entry in files.infolist()) > _MAX_BYTES:
            raise InvalidInputError(f"{path}: the content of the zip file is longer than 1 GiB")
        name = next((name for name in files.namelist() if name.endswith(".har")), None)
        if name is None:
            raise InvalidInputError(f"{path}: the zip file contains no .har file. {_READABLE}")
        return files.read(name), files
    except (BadZipFile, zlib.error, NotImplementedError, RuntimeError) as error:
        raise InvalidInputError(f"{path}: the zip file cannot be read: {error}") from None


def text_of(data: bytes, path: Path) -> str:
    """The text of a file in UTF-8 or UTF-16. If it contains a capsule in a fence, only the capsule.

    Lines before the capsule are kept as empty lines, so that line numbers stay right.

    Raises InvalidInputError.
    """
    try:
        text = data.decode(_charset(data))
    except UnicodeDecodeError as error:
        if not data.lstrip().startswith(_BEGINNINGS):
            raise InvalidInputError(f"{path}: this is not a text file. {_READABLE}") from None
        line = data.count(b"\n", 0, error.start) + 1
        raise InvalidInputError(
            f"{path}:{line}: this line is not in UTF-8. Convert the file, for example from Latin-1: "
            f"iconv -f LATIN1 -t UTF-8 {path.name} > utf8-{path.name}"
        ) from None
    fenced = _FENCED_CAPSULE.search(text)
    return "\n" * text.count("\n", 0, fenced.start("capsule")) + fenced["capsule"] if fenced else text


def not_a_recording(path: Path) -> InvalidInputError:
    """The error for a text that is no recording."""
    return InvalidInputError(
        f"{path}:1:1: this is not a capsule, and not a recording of another tool. {_READABLE}"
    )


def _charset(data: bytes) -> str:
    by_mark = next((charset for mark, charset in _BYTE_ORDER_MARKS if data.startswith(mark)), None)
    if by_mark is not None:
        return by_mark
    zeros = bytes(byte == 0 for byte in data[:4])
    return {bytes((0, 1, 0, 1)): "utf-16-le", bytes((1, 0, 1, 0)): "utf-16-be"}.get(zeros, "utf-8")
