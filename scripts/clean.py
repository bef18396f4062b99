"""`make clean`: removes what the other targets made: environments, builds, caches and the local stack's data.

Standard library only: it removes the environment that it could have run in.
"""

from __future__ import annotations

import fcntl
import shutil

from scripts.environments import LOCAL, ROOT, stop

FOLDERS = (".venv", ".local", ".aws-sam", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".hypothesis")
SOURCES = ("functions", "layers", "scripts", "tests", "benchmarks")


def main() -> None:
    """Remove everything, unless the local stack is running."""
    lock = LOCAL / "state" / "lock"
    if lock.is_file():
        with lock.open("r", encoding="utf-8") as held:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                stop("Plumbline is running: stop it with Ctrl-C first, then try again.")
    for name in FOLDERS:
        if (ROOT / name).is_dir():
            shutil.rmtree(ROOT / name)
            print(f"Removed {name}")
    for source in SOURCES:
        for cache in (ROOT / source).rglob("__pycache__"):
            shutil.rmtree(cache)


if __name__ == "__main__":
    main()
