"""`make tail`: follow what all functions of a stack log, until Ctrl-C.

    python -m scripts.tailing [--function imports] [--since 10m] [--config prod]

Without --config it is the local stack that runs. Lines are time, function, level, message, what else the line
says, and in brackets the correlation id: the request's, or the import's. No log line holds a text of an
interaction.
"""

from __future__ import annotations

import argparse
import re
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from scripts.environments import LOCAL, stop
from scripts.stacks import running
from scripts.tailing.follow import Follower
from scripts.tailing.lines import readable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scripts.stacks import RunningStack
    from scripts.tailing.follow import Logged

_SINCE = re.compile(r"(\d{1,6})([smhd])", re.ASCII)
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
# CloudWatch Logs answers five of these calls a second, and there is one a function.
_DEPLOYED_SECONDS, _LOCAL_SECONDS = 3.0, 1.0


def main(arguments: list[str] | None = None) -> int:
    """Parse the command line, follow, answer the exit status."""
    parser = argparse.ArgumentParser(prog="make tail", description="What all functions of a stack log")
    parser.add_argument("--config", default="", help="section of samconfig.toml of the deployed stack")
    parser.add_argument("--state", type=Path, default=LOCAL / "state", help="folder of the local stack's data")
    parser.add_argument("--function", default="", help="only this one, like imports")
    parser.add_argument("--since", default="", help="from how long ago on, like 30s, 10m, 2h, 1d (10m)")
    parser.add_argument("--once", action="store_true", help="show what there is, and end")
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    since = seconds(options.since or "10m")
    try:
        stack = running(options.config, options.state)
        follower = Follower(
            stack.client("logs"), log_groups(stack, options.function), int((time.time() - since) * 1000)
        )
        every = _LOCAL_SECONDS if stack.is_local else _DEPLOYED_SECONDS
        show(follower.look() if options.once else follower.follow(every))
    except KeyboardInterrupt:
        print(flush=True)
    except BrokenPipeError:
        # Whoever read it has seen enough: `make tail | head`.
        sys.stderr.close()
    except (BotoCoreError, ClientError) as error:
        stop(f"AWS refused: {error}")
    return 0


def show(events: Iterable[Logged]) -> None:
    """Print each event that a person reads."""
    for event in events:
        line = readable(event.function, event.moment, event.text)
        if line is not None:
            print(line, flush=True)


def log_groups(stack: RunningStack, function: str) -> dict[str, str]:
    """The functions' log groups by the functions' names, or the one of the function that is named.

    Raises:
        SystemExit: there is no such function.
    """
    prefix = f"/aws/lambda/{stack.name}-"
    groups = {
        group.removeprefix(prefix): group
        for group in stack.resources("AWS::Logs::LogGroup")
        if group.startswith(prefix)
    }
    if not function:
        return groups
    if function not in groups:
        stop(f"There is no function {function!r}: name one of {', '.join(sorted(groups))}.")
    return {function: groups[function]}


def seconds(text: str) -> int:
    """How many seconds ``10m`` are.

    Raises:
        SystemExit: it is no such thing.
    """
    match = _SINCE.fullmatch(text.strip())
    if match is None:
        stop(f"SINCE must be a number with s, m, h or d behind it, like SINCE=10m, not {text!r}")
    return int(match[1]) * _UNITS[match[2]]


if __name__ == "__main__":
    raise SystemExit(main())
