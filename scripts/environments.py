"""Makes the project's Python environments and keeps them in step with their requirements.

Standard library only: this runs before anything is installed.

    python scripts/environments.py          # .venv, for developing, testing and running
"""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
LOCAL = ROOT / ".local"
LOGS = LOCAL / "logs"
# Written when an environment is complete; an interrupted installation leaves none and is taken up again.
STAMP = ".complete"


@dataclass(frozen=True)
class Environment:
    """A virtual environment and the pinned requirements that belong into it."""

    folder: Path
    requirements: Path
    purpose: str

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.folder / "bin" / "python"


DEVELOPMENT = Environment(ROOT / ".venv", ROOT / "requirements-dev.txt", "Plumbline's tools")
# Of its own: MiniStack pins another botocore than the functions' one.
EMULATOR = Environment(
    LOCAL / "ministack",
    ROOT / "scripts" / "local-stack-requirements.txt",
    "the local AWS (MiniStack)",
)
# Of its own: Checkov pins another boto3 than the functions' one. Made by `make check` and `make audit`.
REVIEW = Environment(
    LOCAL / "review",
    ROOT / "scripts" / "review-requirements.txt",
    "reviewing template and dependencies (Checkov, pip-audit)",
)


def stop(sentence: str) -> NoReturn:
    """End the program with one plain sentence that says what to do."""
    print(f"\n{sentence}", file=sys.stderr)
    raise SystemExit(1)


def ensure(environment: Environment, interpreter: str = sys.executable) -> None:
    """Make the environment, or bring it up to date; nothing where it is.

    Whoever wants the same one meanwhile waits until it is there.
    """
    if _is_complete(environment):
        return
    with holding(LOGS / f"{environment.folder.name.lstrip('.')}.lock", fcntl.LOCK_EX):
        if not _is_complete(environment):
            _make(environment, interpreter)


@contextmanager
def holding(lock: Path, how: int) -> Iterator[None]:
    """Hold a lock between processes, alone (``LOCK_EX``) or with others (``LOCK_SH``)."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w", encoding="utf-8") as file:
        fcntl.flock(file, how)
        yield


def _is_complete(environment: Environment) -> bool:
    stamp = environment.folder / STAMP
    wanted = _fingerprint(environment)
    return stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted and environment.python.exists()


def _make(environment: Environment, interpreter: str) -> None:
    stamp = environment.folder / STAMP
    stamp.unlink(missing_ok=True)
    if not _same_python(environment):
        shutil.rmtree(environment.folder, ignore_errors=True)
    if not environment.python.exists():
        _create(environment, interpreter)
    _install(environment)
    stamp.write_text(_fingerprint(environment), encoding="utf-8")


def _fingerprint(environment: Environment) -> str:
    version = ".".join(map(str, sys.version_info[:2]))
    return f"{version} {hashlib.sha256(environment.requirements.read_bytes()).hexdigest()}\n"


def _same_python(environment: Environment) -> bool:
    code = "import sys, pip; print('%d.%d' % sys.version_info[:2])"
    if not environment.python.exists():
        return False
    found = subprocess.run([str(environment.python), "-c", code], check=False, capture_output=True, text=True)
    return found.stdout.strip() == "{}.{}".format(*sys.version_info[:2])


def _create(environment: Environment, interpreter: str) -> None:
    print(f"Making {_shown(environment.folder)} for {environment.purpose}", flush=True)
    made = subprocess.run(
        [interpreter, "-m", "venv", str(environment.folder)], check=False, capture_output=True, text=True
    )
    if made.returncode:
        shutil.rmtree(environment.folder, ignore_errors=True)
        if "ensurepip" in made.stdout + made.stderr or "No module named venv" in made.stderr:
            package = "python{}.{}-venv".format(*sys.version_info[:2])
            stop(
                f"This Python comes without its venv module: install it (Debian, Ubuntu: apt install {package}) "
                "and try again."
            )
        stop(f"{_shown(environment.folder)} could not be made: {(made.stderr or made.stdout).strip()}")


def _install(environment: Environment) -> None:
    lines = environment.requirements.read_text(encoding="utf-8").splitlines()
    total = sum("==" in line for line in lines)
    log = LOGS / f"pip-{environment.folder.name.lstrip('.')}.log"
    LOGS.mkdir(parents=True, exist_ok=True)
    command = [
        str(environment.python),
        "-m",
        "pip",
        "install",
        "--disable-pip-version-check",
        "--progress-bar",
        "off",
    ]
    # What is imported is compiled then; compiling all of it here would take as long as downloading it.
    command += ["--no-compile", "--no-deps", "--require-hashes", "-r", str(environment.requirements)]
    print(f"Installing {total} packages for {environment.purpose}", flush=True)
    done = 0
    with (
        log.open("w", encoding="utf-8") as written,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as pip,
    ):
        assert pip.stdout is not None
        for line in pip.stdout:
            written.write(line)
            if line.startswith(("Collecting ", "Requirement already satisfied: ")):
                done += 1
                _progress(f"  {done} of {total}")
    _progress("")
    if pip.returncode:
        reasons = [line for line in log.read_text(encoding="utf-8").splitlines() if line.startswith("ERROR")]
        print("\n".join(reasons[-5:]), file=sys.stderr)
        stop(
            "pip could not install the packages: see that the package index can be reached (network, proxy) "
            f"and try again. All that pip said is in {_shown(log)}."
        )


def _progress(text: str) -> None:
    """Show a passing line where there is a terminal to show it on."""
    if sys.stdout.isatty():
        print(f"\r\033[K{text}", end="", flush=True)


def _shown(path: Path) -> str:
    return str(path.relative_to(ROOT))


if __name__ == "__main__":
    try:
        ensure(DEVELOPMENT)
    except KeyboardInterrupt:
        stop("Interrupted; the next run goes on from here.")
