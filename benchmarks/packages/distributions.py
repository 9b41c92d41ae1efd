"""`python -m benchmarks.packages.distributions`: builds what is released into dist/, and checks it.

The wheel of the source distribution is the same, byte for byte, as the wheel of this tree. twine,
check-wheel-contents and pyroma have nothing to complain about. build/sbom/ gets a list of everything that
`pip install likepion-workerkit[all]` installs, in the format CycloneDX.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import click

from benchmarks.packages.uv_environment import (
    ROOT,
    TOOLS,
    CommandFailedError,
    install,
    new_environment,
    run,
)

DIST = ROOT / "dist"
FOLDER = ROOT / "build" / "distributions"
SBOM = ROOT / "build" / "sbom"
# Nobody has said to which e-mail address people may write.
LEFT_OUT_BY_PYROMA = "AuthorEmail"
# pyroma wants an address of the project. While pyproject.toml has none, a copy with this one is checked.
ADDRESS = "https://example.com/owner/workerkit"


@click.command()
def main() -> None:
    """Prints a line for each check. The exit code is 1 if one of them fails."""
    try:
        _build_and_check()
    except CommandFailedError as error:
        sys.exit(str(error))


def _build_and_check() -> None:
    shutil.rmtree(DIST, ignore_errors=True)
    # This builds the wheel from the source distribution.
    run(TOOLS / "python", "-m", "build", "--outdir", DIST, ROOT)
    (source,), (wheel,) = DIST.glob("*.tar.gz"), DIST.glob("*.whl")
    _check_same_as_tree(wheel)
    run(TOOLS / "twine", "check", "--strict", source, wheel)
    click.echo("twine has no complaints")
    run(TOOLS / "check-wheel-contents", wheel)
    click.echo("check-wheel-contents has no complaints")
    _check_with_pyroma(source)
    _write_sbom(wheel)
    click.echo(f"built: {source.name}, {wheel.name}")


def _check_same_as_tree(wheel: Path) -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)
    run(TOOLS / "python", "-m", "build", "--wheel", "--outdir", FOLDER, ROOT)
    if (FOLDER / wheel.name).read_bytes() != wheel.read_bytes():
        raise CommandFailedError("the wheel of the source distribution is not the same as that of the tree")
    click.echo("the wheel of the source distribution is the same as that of the tree")


def _check_with_pyroma(source: Path) -> None:
    run("tar", "-xzf", source, "-C", FOLDER)
    copy = FOLDER / source.name.removesuffix(".tar.gz")
    settings = copy / "pyproject.toml"
    settings.write_text(settings.read_text().replace('\naddress = ""\n', f'\naddress = "{ADDRESS}"\n'))
    run(TOOLS / "pyroma", "--min", "10", "--skip-tests", LEFT_OUT_BY_PYROMA, copy)
    click.echo("pyroma has no complaints")


def _write_sbom(wheel: Path) -> None:
    environment = FOLDER / "environment"
    programs = new_environment(environment, f"{sys.version_info.major}.{sys.version_info.minor}")
    install(environment, f"likepion-workerkit[all] @ {wheel.as_uri()}")
    SBOM.mkdir(parents=True, exist_ok=True)
    file = SBOM / f"{wheel.name.split('-py3')[0]}.cdx.json"
    tool = (TOOLS / "cyclonedx-py", "environment", "--output-reproducible", "--output-file", file)
    run(*tool, programs / "python")
    components = json.loads(file.read_text())["components"]
    click.echo(f"{file.name} lists {len(components)} packages")


if __name__ == "__main__":
    main()
