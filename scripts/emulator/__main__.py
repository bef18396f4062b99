"""Serves MiniStack on one port and the deployed API on another until told to stop, and keeps the state on disk.

    python -m scripts.emulator --stack plumbline --port 4566 --api-port 8000 --host 127.0.0.1 --state folder

Without --api-port there is the local AWS alone.

Stops, with the state saved, on SIGTERM, SIGINT, SIGHUP and when its standard input ends: if the process that
started it dies, however it dies, this one follows.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import os
import signal
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

# How long a stop waits for functions that are running and for stream records that are still to be read.
PATIENCE_SECONDS = 10.0


@dataclass(frozen=True)
class Options:
    """The command line."""

    stack: str
    port: int
    api_port: int | None
    host: str
    state: Path


def main() -> None:
    """Parse the command line, set MiniStack up through its environment, serve."""
    parser = argparse.ArgumentParser(prog="emulator")
    parser.add_argument("--stack", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--api-port", type=int)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--state", type=Path, required=True)
    options = Options(**vars(parser.parse_args()))
    configure(options)
    asyncio.run(serve(options))


def configure(options: Options) -> None:
    """Set the variables that MiniStack reads when it is imported."""
    os.environ |= {
        "GATEWAY_PORT": str(options.port),
        "PERSIST_STATE": "1",
        "STATE_DIR": str(options.state / "services"),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(options.state / "s3"),
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        # What a function reaches AWS by. Its own AWS_ENDPOINT_URL, which the template leaves empty, ranks lower.
        **{f"AWS_ENDPOINT_URL_{name}": f"http://127.0.0.1:{options.port}" for name in ("DYNAMODB", "S3", "SQS")},
    }


async def serve(options: Options) -> None:
    """Serve both ports until told to stop."""
    # Imported here: MiniStack reads its environment when it is imported.
    from hypercorn.asyncio import serve as hypercorn
    from hypercorn.config import Config
    from ministack.core import lambda_runtime

    from scripts.emulator import gaps
    from scripts.emulator.deliveries import Deliveries
    from scripts.emulator.front_door import FrontDoor
    from scripts.emulator.saving import Saver

    def config(port: int) -> Config:
        made = Config()
        made.bind = [f"{options.host}:{port}"]
        made.keep_alive_timeout = 75
        made.graceful_timeout = 3
        return made

    # One line for each of 60 services at each save is too much.
    logging.getLogger("persistence").setLevel(logging.WARNING)
    stop, idle = asyncio.Event(), asyncio.Event()
    watch_for_stop(stop)
    deliveries = Deliveries(options.state / "deliveries")
    gaps.fill(deliveries)
    saver, door = Saver(deliveries), FrontDoor(options.stack)
    engine = asyncio.create_task(hypercorn(saver, config(options.port), shutdown_trigger=idle.wait))
    await until_listening(options.port, engine)
    gaps.redeliver(deliveries)
    tasks = [asyncio.create_task(saver.run(stop))]
    if options.api_port is not None:
        tasks.append(asyncio.create_task(hypercorn(door, config(options.api_port), shutdown_trigger=stop.wait)))
    await asyncio.wait({engine, *tasks}, return_when=asyncio.FIRST_COMPLETED)
    # No new calls first; then what runs may finish, which needs the engine; the engine saves as it stops.
    stop.set()
    await asyncio.gather(*tasks)
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(gaps.until_idle(), PATIENCE_SECONDS)
    settled = deliveries.handled()
    idle.set()
    await engine
    deliveries.settle(settled)
    lambda_runtime.reset()


async def until_listening(port: int, server: asyncio.Task[None]) -> None:
    """Wait until the server answers on the port, which is after it has restored its state."""
    while not server.done():
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            return
        await asyncio.sleep(0.05)
    await server


def watch_for_stop(stop: asyncio.Event) -> None:
    """Set the event on a signal and when standard input ends."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, stop.set)

    def wait_for_end() -> None:
        while sys.stdin.buffer.read(1024):
            pass
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(stop.set)

    threading.Thread(target=wait_for_end, daemon=True, name="wait-for-parent").start()


if __name__ == "__main__":
    main()
