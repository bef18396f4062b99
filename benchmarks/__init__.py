"""What the figures in README come from. Run from the project's root: ``python -m benchmarks.outliers``."""

from __future__ import annotations

import sys
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent / "layers" / "plumbline"
if str(PACKAGE) not in sys.path:
    sys.path.insert(0, str(PACKAGE))
