"""Running a program as a step: say what is done, keep what it prints, show it only if it fails."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from scripts.environments import LOGS, ROOT, stop

if TYPE_CHECKING:
    from collections.abc import Sequence

REGION = "us-east-1"
CREDENTIAL = "test"
SHOWN_LINES = 25


def step(title: str, command: Sequence[str], log: str, env: dict[str, str], advice: str) -> None:
    """Run a program to its end; where it fails show its last lines and end with the advice.

    Raises:
        SystemExit: the program failed.
    """
    LOGS.mkdir(parents=True, exist_ok=True)
    file = LOGS / f"{log}.log"
    started = time.monotonic()
    print(f"{title} ...", end=" ", flush=True)
    with file.open("w", encoding="utf-8") as written:
        done = subprocess.run(
            list(command), cwd=ROOT, env=env, check=False, stdout=written, stderr=subprocess.STDOUT
        )
    if done.returncode == 0:
        print(f"{time.monotonic() - started:.0f} s", flush=True)
        return
    print("failed", flush=True)
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    print("\n".join(f"  {line}" for line in lines[-SHOWN_LINES:]), file=sys.stderr)
    stop(f"{advice} All it said is in {file.relative_to(ROOT)}.")


def local_environment(stack_port: int | None = None) -> dict[str, str]:
    """The environment with the local AWS in place of any real account."""
    mine = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return mine | {
        "AWS_ACCESS_KEY_ID": CREDENTIAL,
        "AWS_SECRET_ACCESS_KEY": CREDENTIAL,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        # Nobody's own profile may reach into the local stack.
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "SAM_CLI_TELEMETRY": "0",
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
        **({"AWS_ENDPOINT_URL": f"http://127.0.0.1:{stack_port}"} if stack_port else {}),
    }
