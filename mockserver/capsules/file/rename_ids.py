"""Other ids in the place of a capsule's own: which are equal, and which comes before which, stays."""

from __future__ import annotations

import re
from random import Random

from workerkit.mockserver.capsules.file.capsule import Capsule
from workerkit.mockserver.capsules.file.reader import parse_capsule
from workerkit.mockserver.capsules.file.writer import capsule_text

_UUID = re.compile(r"(?<![0-9a-fA-F])[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}(?![0-9a-fA-F])")


def with_other_ids(capsule: Capsule, chance: Random) -> Capsule:
    """The capsule with a new UUID for each: they sort as the old ones did, and large letters stay large."""
    text = capsule_text(capsule)
    old = sorted({found.lower() for found in _UUID.findall(text)})
    new = sorted(_uuid(chance) for _ in old)
    names: dict[str, str] = dict(zip(old, new, strict=True))

    def other(found: re.Match[str]) -> str:
        name = names[found[0].lower()]
        return name.upper() if found[0].isupper() else name

    return parse_capsule(_UUID.sub(other, text), name="capsule")


def _uuid(chance: Random) -> str:
    digits = f"{chance.getrandbits(128):032x}"
    variant = "89ab"[chance.getrandbits(2)]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"
