"""Replaces the ids in a capsule, so that nobody can recognise them."""

from __future__ import annotations

import re
from random import Random

from workerkit.mockserver.capsules.file.capsule import Capsule
from workerkit.mockserver.capsules.file.reader import parse_capsule
from workerkit.mockserver.capsules.file.writer import capsule_text

_UUID = re.compile(r"(?<![0-9a-fA-F])[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}(?![0-9a-fA-F])")


def with_new_ids(capsule: Capsule, random: Random) -> Capsule:
    """The capsule with a new UUID in place of each UUID.

    Equal ids stay equal. The new ids have the same order as the old ids. Capital letters stay capital.
    """
    text = capsule_text(capsule)
    old_ids = sorted({uuid.lower() for uuid in _UUID.findall(text)})
    new_ids = sorted(_uuid(random) for _ in old_ids)
    replacements: dict[str, str] = dict(zip(old_ids, new_ids, strict=True))

    def new_id(match: re.Match[str]) -> str:
        uuid = replacements[match[0].lower()]
        return uuid.upper() if match[0].isupper() else uuid

    return parse_capsule(_UUID.sub(new_id, text), name="capsule")


def _uuid(random: Random) -> str:
    digits = f"{random.getrandbits(128):032x}"
    variant = "89ab"[random.getrandbits(2)]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"
