"""What to install when a part of the kit cannot import a package: it is missing, or has an unfit version."""

from __future__ import annotations

from collections.abc import Collection

_OWN_PACKAGE = "likepion-workerkit"


def missing_package_text(user: str, error: ImportError, packages: Collection[str], extra: str) -> str | None:
    """A sentence that says what to install. None if the import failed for another reason.

    user: what needs the packages, for example `conform`.
    packages: the packages that the extra installs.
    extra: the extra of this kit that installs them in fitting versions.
    """
    package = (error.name or "").partition(".")[0]
    if package not in packages:
        return None
    install = f"pip install '{_OWN_PACKAGE}[{extra}]'"
    if isinstance(error, ModuleNotFoundError) and error.name == package:
        return f"{user} needs {package}: {install}"
    # This import takes long, and the help of every command imports this module.
    from importlib.metadata import version

    installed = version(package)
    return f"{user} cannot use {package} {installed}, which is made differently. A fitting version: {install}"
