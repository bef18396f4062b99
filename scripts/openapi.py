"""Write the API's OpenAPI document to where it is served from; with --check only say whether it is current."""

from __future__ import annotations

import sys
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "layers" / "plumbline"
TARGET = PACKAGE / "plumbline" / "http" / "openapi.json"


def main() -> int:
    """Returns the exit status: 1 where ``--check`` finds the file out of date."""
    sys.path.insert(0, str(PACKAGE))
    from plumbline.http import documentation  # noqa: PLC0415 - found only once the path is set

    text = documentation.text()
    if "--check" not in sys.argv[1:]:
        TARGET.write_text(text, encoding="utf-8")
        return 0
    if TARGET.exists() and TARGET.read_text(encoding="utf-8") == text:
        return 0
    print(f"{TARGET.name} is not what the routes say: run {Path(__file__).name}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    raise SystemExit(main())
