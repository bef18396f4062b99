"""Builds the layer's folder: the package and its pinned dependencies, for the Python and processor it will run on.

What Lambda never reads is left out, and all of it is compiled.

Standard library only, so that any Python from 3.11 can run it.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent

# What the functions call. Botocore lists and parses the folders of all 400 services to make its first client.
SERVICES = frozenset({"dynamodb", "s3", "sqs", "sts"})
# Never read at run time. Of a dist-info folder only METADATA is: importlib.metadata.version() reads it.
USELESS = (
    *("__pycache__", "tests", "examples", "bin", "examples-1.json*"),
    *("*-stubs", "*.pyi", "*.pyx", "*.pxd", "*.c", "*.h", "py.typed"),
)
# Lambda on Python 3.11 is Amazon Linux 2 (glibc 2.26), from 3.12 on Amazon Linux 2023 (glibc 2.34).
MANYLINUX_OLD = ("manylinux2014", "manylinux_2_17")
MANYLINUX_NEW = (*MANYLINUX_OLD, "manylinux_2_28", "manylinux_2_34")
# What Python brings itself from 3.14 on. pip asks the Python that runs it for that, not the one it fetches for.
BEFORE_3_14 = ' ; python_full_version < "3.14"'
MACHINES = {"arm64": "aarch64", "x86_64": "x86_64"}


class BuildError(Exception):
    """The layer cannot be built; the message says what to do."""


@dataclass(frozen=True)
class Target:
    """What the layer is built for: a Python version ("3.13") and Lambda's name of a processor, or this machine."""

    python: str
    architecture: str
    native: bool

    @classmethod
    def from_env(cls) -> Target:
        """The target that PYTHON_RUNTIME, ARCHITECTURE and LAYER_NATIVE name.

        Raises:
            BuildError: the architecture is none of Lambda's.
        """
        if os.environ.get("LAYER_NATIVE"):
            return cls(f"{sys.version_info.major}.{sys.version_info.minor}", platform.machine(), native=True)
        architecture = os.environ.get("ARCHITECTURE") or "arm64"
        if architecture not in MACHINES:
            raise BuildError(f"ARCHITECTURE must be arm64 or x86_64, not {architecture!r}")
        return cls(
            (os.environ.get("PYTHON_RUNTIME") or "python3.13").removeprefix("python"), architecture, native=False
        )

    def pip_options(self) -> list[str]:
        """What makes pip fetch for this target instead of for the machine it runs on."""
        if self.native:
            return []
        tags = MANYLINUX_OLD if self.python == "3.11" else MANYLINUX_NEW
        platforms = [f"--platform={tag}_{MACHINES[self.architecture]}" for tag in reversed(tags)]
        return [*platforms, f"--python-version={self.python}", "--implementation=cp"]


def main() -> int:
    """Build into the folder named on the command line."""
    folder = Path(sys.argv[1])
    try:
        target = Target.from_env()
        print(f"Layer for Python {target.python} on {target.architecture}", flush=True)
        install(target, folder)
        trim(folder)
        shutil.copytree(
            HERE / "plumbline", folder / "plumbline", ignore=shutil.ignore_patterns("__pycache__", "py.typed")
        )
        compile_all(target, folder)
    except BuildError as problem:
        print(f"The layer was not built: {problem}", file=sys.stderr)
        return 1
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    print(f"Layer: {size / 1e6:.1f} MB unpacked", flush=True)
    return 0


def install(target: Target, folder: Path) -> None:
    """Put the pinned, hash-checked wheels into the folder.

    Raises:
        BuildError: pip failed; its own message stands above.
    """
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"]
    command += ["--only-binary=:all:", "--require-hashes", "--no-deps", "--target", str(folder)]
    with tempfile.TemporaryDirectory() as kept:
        command += [*target.pip_options(), "--requirement", str(requirements(target, Path(kept)))]
        failed = subprocess.run(command, check=False).returncode
    if failed:
        raise BuildError(
            f"pip found no way to install requirements.txt for Python {target.python} on {target.architecture}"
        )


def requirements(target: Target, folder: Path) -> Path:
    """What to install for a target: the pinned packages, but for those that its Python brings itself."""
    pinned = HERE / "requirements.txt"
    is_after, builder_is = (
        tuple(map(int, one)) >= (3, 14) for one in (target.python.split("."), sys.version_info[:2])
    )
    if is_after == builder_is:
        return pinned
    packages = re.split(r"^(?=\S)", pinned.read_text(encoding="utf-8"), flags=re.MULTILINE)
    wanted = [
        package.replace(BEFORE_3_14, "") for package in packages if not (is_after and BEFORE_3_14 in package)
    ]
    made = folder / pinned.name
    made.write_text("".join(wanted), encoding="utf-8")
    return made


def trim(folder: Path) -> None:
    """Remove what Lambda never reads: it is downloaded and unpacked at every cold start."""
    services = [entry for package in ("botocore", "boto3") for entry in (folder / package / "data").iterdir()]
    useless = [entry for entry in services if entry.is_dir() and entry.name not in SERVICES]
    useless += [
        entry for info in folder.glob("*.dist-info") for entry in info.iterdir() if entry.name != "METADATA"
    ]
    useless += [entry for pattern in USELESS for entry in folder.rglob(pattern)]
    for entry in useless:
        if entry.is_dir():
            shutil.rmtree(entry)
        else:
            entry.unlink(missing_ok=True)


def compile_all(target: Target, folder: Path) -> None:
    """Compile to bytecode that is used whatever the files' dates.

    Packaging dates every file 1980 and Lambda's folder is read-only, so bytecode that is checked against its
    source's date is never used: every cold start compiles all anew. Only the same minor version can write it.

    Raises:
        BuildError: a module does not compile.
    """
    python = (
        sys.executable if _version(sys.executable) == target.python else shutil.which(f"python{target.python}")
    )
    if python is None or _version(python) != target.python:
        print(f"There is no python{target.python} here: the layer goes without bytecode and starts half as fast.")
        return
    command = [python, "-m", "compileall", "-q", "-j", "0", "--invalidation-mode", "unchecked-hash", str(folder)]
    # The path that tracebacks show: the one it has in Lambda, not this machine's.
    if subprocess.run([*command, "-s", str(folder), "-p", "/opt/python"], check=False).returncode:
        raise BuildError(f"a module does not compile with Python {target.python}")


def _version(python: str) -> str:
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    return subprocess.run([python, "-c", code], check=False, capture_output=True, text=True).stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
