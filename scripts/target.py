"""Prints for a shell the Python and processor that a section of samconfig.toml deploys, to build the layer for.

python -m scripts.target default
"""

from __future__ import annotations

import shlex
import sys
import tomllib

from scripts.environments import ROOT, stop

DEFAULTS = {"PythonRuntime": "python3.13", "Architecture": "arm64"}
VARIABLES = {"PythonRuntime": "PYTHON_RUNTIME", "Architecture": "ARCHITECTURE"}


def target(config: str) -> dict[str, str]:
    """The parameters PythonRuntime and Architecture of a section.

    Raises:
        SystemExit: samconfig.toml has no such section.
    """
    with (ROOT / "samconfig.toml").open("rb") as file:
        sections = tomllib.load(file)
    if config not in sections:
        known = ", ".join(name for name in sections if name != "version")
        stop(f"samconfig.toml has no section {config!r}: name one of {known}, or add it.")
    given = sections[config].get("deploy", {}).get("parameters", {}).get("parameter_overrides", [])
    pairs = shlex.split(given) if isinstance(given, str) else given
    overrides = dict(pair.split("=", 1) for pair in pairs)
    return {name: overrides.get(name, default) for name, default in DEFAULTS.items()}


def main() -> None:
    """Print `export` lines for the section named on the command line."""
    for name, value in target(sys.argv[1]).items():
        print(f"export {VARIABLES[name]}={shlex.quote(value)}")


if __name__ == "__main__":
    main()
