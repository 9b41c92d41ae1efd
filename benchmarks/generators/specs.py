"""The documents that clients are generated from."""

from __future__ import annotations

import shutil
from pathlib import Path

from workerkit.openapi.spec.dialect import Dialect
from workerkit.openapi.spec.published import OpenapiVersion, published_spec, spec_text

_SOURCE = Path("openapi/worker-api.yaml")


def write_specs(folder: Path) -> dict[str, Path]:
    """Writes the three documents into a folder. Returns their files by the names in the table."""
    source = Path(shutil.copy(_SOURCE, folder / "source.yaml"))
    return {
        "`worker-api.yaml`": source,
        "`workerkit spec`": write_published_spec(folder, "3.1"),
        "`workerkit spec --openapi 3.0`": write_published_spec(folder, "3.0"),
    }


def write_published_spec(folder: Path, version: OpenapiVersion) -> Path:
    """Writes into a folder what `workerkit spec --openapi VERSION` writes."""
    file = folder / f"worker-api-{version}.yaml"
    file.write_text(spec_text(published_spec(Dialect(), version), "yaml"), "utf-8")
    return file
