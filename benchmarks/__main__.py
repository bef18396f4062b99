"""All measurements, one after the other: ``make bench``. The results are printed and kept in RESULTS.md."""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

from benchmarks.data import DEFAULT_DATA
from benchmarks.readme import README, renewed
from benchmarks.results import RESULTS
from scripts.environments import LOCAL, ROOT, Environment, ensure

PEERS = Environment(
    LOCAL / "benchmarks", ROOT / "benchmarks" / "requirements.txt", "what Plumbline is compared with"
)
PEERS_RUN_ON = ("3.12", "3.11")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA, help="a CSV file with Input and Output")
    data: Path = parser.parse_args().data
    if not data.is_file():
        parser.exit(2, f"There is no {data}: name a CSV file with the columns Input and Output by --data.\n")
    interpreter = _interpreter()
    for module in ("outliers", "flags", "redaction_speed", "planner_speed", "whole_file"):
        _run(sys.executable, module, data)
    if interpreter is None:
        parser.exit(1, f"Speed was not measured: LangKit needs Python {' or '.join(PEERS_RUN_ON)} on the PATH.\n")
    ensure(PEERS, interpreter)
    _run(str(PEERS.python), "metrics_speed", data)
    for module in ("import_speed", "import_profile", "scale", "cost"):
        _run(sys.executable, module, data)
    README.write_text(renewed(README.read_text("utf-8"), RESULTS.read_text("utf-8")), encoding="utf-8")


def _interpreter() -> str | None:
    """A Python that the peers can be installed for."""
    if f"{sys.version_info.major}.{sys.version_info.minor}" in PEERS_RUN_ON:
        return sys.executable
    return next(filter(None, (shutil.which(f"python{version}") for version in PEERS_RUN_ON)), None)


def _run(python: str, module: str, data: Path) -> None:
    done = subprocess.run([python, "-m", f"benchmarks.{module}", "--data", str(data)], check=False)
    if done.returncode:
        raise SystemExit(done.returncode)


if __name__ == "__main__":
    main()
