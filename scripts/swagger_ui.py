"""Fetch Swagger UI into the API's package, compressed. Run it to change the version; needs npm."""

from __future__ import annotations

import gzip
import io
import subprocess
import tarfile
import tempfile
from pathlib import Path

VERSION = "5.35.0"
ASSETS = Path(__file__).parents[1] / "layers" / "plumbline" / "plumbline" / "http" / "assets"
COMPRESSED = ("swagger-ui-bundle.js", "swagger-ui.css")
PLAIN = ("LICENSE", "NOTICE", "swagger-ui-bundle.js.LICENSE.txt")


def main() -> None:
    """Replace the assets by those of :data:`VERSION`."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["npm", "pack", "--silent", f"swagger-ui-dist@{VERSION}"], cwd=folder, check=True)
        (packed,) = Path(folder).glob("*.tgz")
        with tarfile.open(packed) as archive:
            for name in COMPRESSED:
                _write(f"{name}.gz", gzip.compress(_read(archive, name), 9, mtime=0))
            for name in PLAIN:
                _write(name, _read(archive, name))


def _read(archive: tarfile.TarFile, name: str) -> bytes:
    member = archive.extractfile(f"package/{name}")
    assert isinstance(member, io.BufferedReader), name
    return member.read()


def _write(name: str, content: bytes) -> None:
    (ASSETS / name).write_bytes(content)
    print(f"{name}: {len(content)} bytes")


if __name__ == "__main__":
    main()
