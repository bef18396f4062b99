"""The local AWS as a child process: started, waited for, stopped, whatever happens to its parent."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scripts.environments import EMULATOR, LOGS, ROOT, stop

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Self

START_SECONDS = 60
# Longer than the emulator itself waits for functions that are running, and saves.
STOP_SECONDS = 60


@dataclass(frozen=True)
class Addresses:
    """Where a local stack answers: the local AWS, and the API deployed on it where there is to be one."""

    host: str
    stack_port: int
    api_port: int | None = None


class Emulator:
    """One running local AWS. Use as a context manager: it is stopped, with its data saved, on the way out."""

    def __init__(self, addresses: Addresses, state: Path, stack: str) -> None:
        self._addresses = addresses
        self._state = state
        self._stack = stack
        self._log = LOGS / f"emulator-{addresses.stack_port}.log"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        """Start it and wait until it answers."""
        scratch = self._state / "tmp"
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir(parents=True)
        LOGS.mkdir(parents=True, exist_ok=True)
        command = [
            str(EMULATOR.python),
            "-m",
            "scripts.emulator",
            "--stack",
            self._stack,
            "--state",
            str(self._state),
        ]
        command += ["--host", self._addresses.host, "--port", str(self._addresses.stack_port)]
        if self._addresses.api_port is not None:
            command += ["--api-port", str(self._addresses.api_port)]
        with self._log.open("wb") as log:
            # A session of its own: Ctrl-C in the terminal is for the parent, which stops it in order.
            self._process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=_environment(scratch),
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            self._wait_until_it_answers()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Stop it: its standard input ends, it lets functions finish and saves."""
        if self._process is None:
            return
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self._state / "tmp", ignore_errors=True)

    def wait(self) -> None:
        """Return when it ends by itself, which it should not."""
        assert self._process is not None
        self._process.wait()

    def complain(self) -> None:
        """End the program because the emulator has ended.

        Raises:
            SystemExit: always.
        """
        tail = self._log.read_text(encoding="utf-8", errors="replace").splitlines()[-10:]
        print("\n".join(f"  {line}" for line in tail))
        stop(
            f"The local AWS stopped by itself; what it said is in {self._log.relative_to(ROOT)}. "
            "Start it again with: make run"
        )

    def _wait_until_it_answers(self) -> None:
        assert self._process is not None
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            if self._process.poll() is not None:
                self.complain()
            if not is_free(self._addresses.api_port or self._addresses.stack_port, self._addresses.host):
                return
            time.sleep(0.05)
        stop(
            f"The local AWS did not start within {START_SECONDS} s; "
            f"what it said is in {self._log.relative_to(ROOT)}."
        )


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether nobody listens on a port of this machine."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def _environment(scratch: Path) -> dict[str, str]:
    """Little of this process's environment: functions inherit it, and nobody's own AWS profile belongs there."""
    kept = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "SYSTEMROOT")
    return {name: os.environ[name] for name in kept if name in os.environ} | {
        "TMPDIR": str(scratch),
        # Every call is then held to its caller's IAM policies, a function's to its role's.
        "AUTH": "true" if os.environ.get("PLUMBLINE_ENFORCE_IAM") == "1" else "false",
        "PYTHONUNBUFFERED": "1",
        # A function's stdout and stderr go through pipes; logs may hold any character.
        "PYTHONUTF8": "1",
    }
