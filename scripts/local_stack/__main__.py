"""`make run`: Plumbline on this machine until Ctrl-C.

python -m scripts.local_stack [--port 8000] [--stack-port 4566] [--state .local/state] [--open]
"""

from __future__ import annotations

import argparse
import fcntl
import json
import signal
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.environments import EMULATOR, LOCAL, ROOT, ensure, stop
from scripts.keys import first_key
from scripts.local_stack import deployment
from scripts.local_stack.emulator import Addresses, Emulator, is_free

if TYPE_CHECKING:
    from collections.abc import Iterator


def main() -> None:
    """Parse the command line, run until told to stop."""
    parser = argparse.ArgumentParser(prog="make run", description="Plumbline on this machine")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=8000, help="port of the API")
    parser.add_argument("--stack-port", type=int, default=4566, help="port of the local AWS")
    parser.add_argument("--state", type=Path, default=LOCAL / "state", help="folder of the data")
    parser.add_argument("--open", action="store_true", help="need no API key")
    options = parser.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    try:
        run(
            Addresses(options.host, options.stack_port, options.port),
            options.state.resolve(),
            is_open=options.open,
        )
    except KeyboardInterrupt:
        print("\nStopped. Your data is kept; `make run` has it back.", flush=True)


def run(addresses: Addresses, state: Path, *, is_open: bool = False) -> None:
    """Set up, build, start, deploy, say where it answers, and wait.

    Raises:
        SystemExit: something stands in the way; a plain sentence has said what and what to do.
        KeyboardInterrupt: told to stop; everything that was started has been.
    """
    with only_one(state, addresses):
        check_ports(addresses)
        ensure(EMULATOR)
        built = deployment.build()
        print("Starting the local AWS ...", flush=True)
        with Emulator(addresses, state, deployment.stack_name()) as emulator:
            deployment.deploy(
                addresses.stack_port, built, state, [f"Authorization={'none' if is_open else 'keys'}"]
            )
            outputs = deployment.outputs(addresses.stack_port)
            about = first_key.OPEN if is_open else first_key.welcome(addresses.stack_port, outputs, state)
            announce(addresses, outputs, state, about)
            ready = state / "ready.json"
            ready.write_text(json.dumps(describe(addresses, outputs), indent=2), encoding="utf-8")
            try:
                emulator.wait()
            finally:
                ready.unlink(missing_ok=True)
                print("\nStopping; saving the data ...", flush=True)
        emulator.complain()


def check_ports(addresses: Addresses) -> None:
    """Refuse to start where a port is taken.

    Raises:
        SystemExit: it is.
    """
    for port, variable in ((addresses.api_port, "PORT"), (addresses.stack_port, "STACK_PORT")):
        if port is not None and not is_free(port, addresses.host):
            stop(
                f"Port {port} is taken by another program: stop that one, or choose another port: "
                f"make run {variable}={port + 1}"
            )


@contextmanager
def only_one(state: Path, addresses: Addresses) -> Iterator[None]:
    """Hold the data folder for this process alone.

    Raises:
        SystemExit: another process holds it.
    """
    state.mkdir(parents=True, exist_ok=True)
    with (state / "lock").open("a+", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            other = lock.read().strip() or "another terminal"
            stop(f"Plumbline is already running here ({other}): use that one, or stop it with Ctrl-C first.")
        lock.truncate(0)
        lock.write(f"http://127.0.0.1:{addresses.api_port or addresses.stack_port}")
        lock.flush()
        yield


def describe(addresses: Addresses, outputs: dict[str, str]) -> dict[str, str]:
    """Where everything is, for programs: the tests read it."""
    return {
        "api": f"http://127.0.0.1:{addresses.api_port}",
        "endpoint": f"http://127.0.0.1:{addresses.stack_port}",
        **outputs,
    }


def announce(addresses: Addresses, outputs: dict[str, str], state: Path, keys: first_key.About) -> None:
    """Say where everything is and what opens it, for people."""
    api, bucket = f"http://127.0.0.1:{addresses.api_port}", outputs["UploadsBucket"]
    body = '{"input_text": "What is the capital of France?", "output_text": "Paris."}'
    print(
        f"""
Plumbline is running.

  API      {api}
  Docs     {api}/docs
  Bucket   s3://{bucket}/uploads/   (files copied here are imported)
  S3       http://127.0.0.1:{addresses.stack_port}   (endpoint; any access key and secret do, region us-east-1)
  Data     {_shown(state)}
{keys.said}
Try it:
{keys.export}
  curl -s {api}/api/interactions {keys.header}-H 'content-type: application/json' \\
    -d '{body}'

Ctrl-C stops it and keeps the data.
""",
        flush=True,
    )


def _shown(path: Path) -> str:
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


if __name__ == "__main__":
    main()
