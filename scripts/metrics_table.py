"""Writes README's table of metrics from the registry.

python -m scripts.metrics_table [--check]
"""

from __future__ import annotations

import sys

from scripts.environments import ROOT, stop

sys.path.insert(0, str(ROOT / "layers" / "plumbline"))

from plumbline.metrics import markdown_table

README = ROOT / "README.md"
BEGIN = "<!-- metrics: written by `python -m scripts.metrics_table` -->\n"
END = "<!-- /metrics -->"


def renewed(text: str) -> str:
    """README's text with the table as the registry has it now."""
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    return f"{before}{BEGIN}\n{markdown_table().strip()}\n\n{END}{after}"


if __name__ == "__main__":
    written = README.read_text(encoding="utf-8")
    if "--check" not in sys.argv:
        README.write_text(renewed(written), encoding="utf-8")
    elif renewed(written) != written:
        stop("README's table of metrics is behind the registry: run `make openapi` and commit what it writes.")
