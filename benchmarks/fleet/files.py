"""`python -m benchmarks.fleet.files`: checks the files of examples/fleet with the tools of others.

The tools are in build/fleet, with the versions in requirements.txt. Envoy also serves: the worlds of two
mocks behind it are found by the prefix of their keys.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import click

from tests.contracts.fleet.balanced_mocks import EXAMPLES, balanced_mocks
from tests.contracts.fleet.placed_worlds import place_worlds

_PROGRAMS = Path(__file__).parents[2] / "build" / "fleet" / "bin"
_WORLDS = 20


@click.command()
def main() -> None:
    """Checks the files, and exits with 1 if a file is wrong."""
    failed = [name for name, is_right in _checks() if not _say(name, is_right)]
    sys.exit(1 if failed else 0)


def _checks() -> list[tuple[str, bool]]:
    compose = ["check-jsonschema", "--builtin-schema", "vendor.compose-spec", str(EXAMPLES / "compose.yaml")]
    kubernetes = ["kubernetes-validate", "--strict", "--quiet", str(EXAMPLES / "kubernetes.yaml")]
    return [
        ("compose.yaml is valid by the schema of Compose", _succeeds(compose)),
        ("kubernetes.yaml is valid by the schemas of Kubernetes", _succeeds(kubernetes)),
        (f"Envoy finds {_WORLDS} of {_WORLDS} worlds", _envoy_places_worlds()),
    ]


def _succeeds(command: list[str]) -> bool:
    return subprocess.run([str(_PROGRAMS / command[0]), *command[1:]], timeout=120).returncode == 0


def _envoy_places_worlds() -> bool:
    with (
        tempfile.TemporaryDirectory() as folder,
        balanced_mocks(Path(folder), envoy=_PROGRAMS / "envoy") as mocks,
    ):
        placed = place_worlds(mocks, _WORLDS)
        click.echo(f"worlds on the mocks: {placed}")
        return sum(placed) == _WORLDS and min(placed) > 0


def _say(name: str, is_right: bool) -> bool:
    click.echo(f"{'ok    ' if is_right else 'WRONG '} {name}")
    return is_right


if __name__ == "__main__":
    main()
