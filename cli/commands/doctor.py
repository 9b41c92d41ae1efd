"""`workerkit doctor`: says what this machine has, and what is missing for which command."""

from __future__ import annotations

import platform
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

import click

from workerkit.cli.echo import echo
from workerkit.mockserver.server.server import CannotListenError, listening_socket

_PACKAGE = "likepion-workerkit"
# The modules of each extra, and what needs them.
_EXTRAS = {
    "contracts": (("schemathesis", "hypothesis", "requests"), "workerkit conform"),
    "locust": (("locust",), "a fleet, see workerkit docs how-to/fleet"),
    "mcp": (("mcp",), "workerkit mcp"),
    "otel": (("opentelemetry.sdk", "opentelemetry.exporter.otlp.proto.http"), "serve --otel"),
    "pytest": (("pytest",), "the fixture worker_api, pytest --conform"),
    "tls": (("trustme",), "serve --tls, exec --tls"),
    "ui": (("textual",), "workerkit watch"),
}
# Few people need these, so they are not in the extra `all`.
_RARE_EXTRAS = ("locust",)
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "firefox", "open", "xdg-open")


@dataclass(frozen=True, slots=True)
class _Finding:
    """One line of the answer.

    is_needed: True if something does not work without it.
    """

    is_there: bool
    text: str
    is_needed: bool = True

    @property
    def mark(self) -> str:
        if self.is_there:
            return "ok     "
        return "missing" if self.is_needed else "note   "


@click.command("doctor")
@click.option(
    "--port", type=click.IntRange(1, 65535), default=8080, show_default=True, help="The port to try."
)
def command(port: int) -> None:
    """Says what this machine has, and what is missing for which command.

    Exit codes: 0 nothing is missing; 3 something is missing.

    \b
    Example:
      workerkit doctor
    """
    findings = [_versions(), *map(_extra, _EXTRAS), _port(port), _browser()]
    for finding in findings:
        echo(f"{finding.mark}  {finding.text}")
    sys.exit(0 if all(finding.is_there or not finding.is_needed for finding in findings) else 3)


def _versions() -> _Finding:
    system = f"{platform.system()} {platform.machine()}"
    return _Finding(True, f"workerkit {version(_PACKAGE)}, Python {platform.python_version()}, {system}")


def _extra(name: str) -> _Finding:
    modules, users = _EXTRAS[name]
    missing = [module for module in modules if not _is_installed(module)]
    if missing:
        advice = f"pip install '{_PACKAGE}[{name}]'"
        text = f"{', '.join(missing)}, for {users}: {advice}"
        return _Finding(False, text, is_needed=name not in _RARE_EXTRAS)
    return _Finding(True, f"{', '.join(_with_versions(modules))}, for {users}")


def _is_installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # a package around the module is missing
        return False


def _with_versions(modules: tuple[str, ...]) -> Iterator[str]:
    for module in modules:
        try:
            yield f"{module} {version(module)}"
        except PackageNotFoundError:
            yield module


def _port(port: int) -> _Finding:
    try:
        listening_socket("127.0.0.1", port).close()
    except CannotListenError as error:
        return _Finding(False, f"port {port}, for serve and record: {error}. Use --port 0 for a free port")
    return _Finding(True, f"port {port} is free, for serve and record")


def _browser() -> _Finding:
    browser = next(filter(shutil.which, _BROWSERS), None)
    if browser is None and sys.platform != "win32":
        text = "no browser: look at the pages /_mock/ui and /docs of the mock from another machine"
        return _Finding(False, text, is_needed=False)
    return _Finding(True, f"{browser or 'a browser'}, for the pages /_mock/ui and /docs of the mock")
