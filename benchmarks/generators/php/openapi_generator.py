"""openapi-generator's `php` client, with Debian's Guzzle."""

from __future__ import annotations

from pathlib import Path

from benchmarks.generators.generated_client import GeneratedClient, MissingToolError, Workspace, needed
from benchmarks.generators.openapi_generator import generate

_GUZZLE = Path("/usr/share/php/GuzzleHttp/autoload.php")


def openapi_generator_php(workspace: Workspace) -> GeneratedClient:
    """Generates a client in PHP with openapi-generator."""
    php = needed("php", "Debian: php-cli php-curl php-mbstring")
    if not _GUZZLE.exists():
        raise MissingToolError("Guzzle is missing (Debian: php-guzzlehttp-guzzle)")
    name, messages = generate(workspace, "php")
    caller = workspace.copy_caller("php/call.php")
    files = [caller, *(workspace.folder / "client/lib").rglob("*.php")]
    checks = [workspace.run(php, "-l", file) for file in files]
    faults = [line for check in checks if check.exit_code for line in check.lines_with(r"\S")]
    return GeneratedClient(name, messages, faults, (php, caller.name, _GUZZLE), workspace.folder)
