"""The servers of this folder: how each is started, and its catalogue of variants and faults."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Variant:
    """A legal choice of a server.

    what: what the server does.
    defence: why an honest engineer may choose it by the page.
    excludes: the variants that cannot be on at the same time.
    """

    name: str
    what: str
    defence: str
    excludes: tuple[str, ...] = ()


@dataclass(frozen=True)
class PlantedFault:
    """A bug of a server.

    what: what the server does wrong.
    page: the sentence of the API page that it breaks.
    operation: the request that shows it.
    visible: whether an answer can show it to a client.
    how: how a client sees it.
    """

    name: str
    what: str
    page: str
    operation: str
    visible: bool
    how: str


@dataclass(frozen=True)
class Stack:
    """One of the servers.

    name: the short name of the stack.
    command: the command without `--port` and `--data`. `{python}` is the interpreter that has the packages.
    folder: the folder of the server.
    """

    name: str
    command: tuple[str, ...]
    folder: Path
    variants: dict[str, Variant] = field(hash=False)
    faults: dict[str, PlantedFault] = field(hash=False)


@cache
def stack(name: str) -> Stack:
    """The server of a stack: fastapi, django or express."""
    folder = _FOLDER / f"{name}_server"
    catalogue = json.loads((folder / "catalogue.json").read_text("utf-8"))
    variants = [
        Variant(entry["name"], entry["what"], entry["defence"], tuple(entry.get("excludes", ())))
        for entry in catalogue["variants"]
    ]
    faults = [
        PlantedFault(**{name: entry[name] for name in PlantedFault.__dataclass_fields__})
        for entry in catalogue["faults"]
    ]
    return Stack(
        name,
        ("node", "server.js") if name == "express" else ("{python}", "-m", folder.name),
        folder,
        {variant.name: variant for variant in variants},
        {fault.name: fault for fault in faults},
    )


STACKS = ("fastapi", "django", "express")
