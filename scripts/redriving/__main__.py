"""`make redrive-stream`: dead letters of the functions that follow the table's stream.

    python -m scripts.redriving [--config prod] [--forget]

Without --config it is the local stack that runs. Ends with 0 where nothing is left, 1 where something is.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from scripts.environments import LOCAL, stop
from scripts.redriving.redrive import StreamRedriver
from scripts.stacks import running

QUEUES = {"BaselinesDeadLetters": ("baselines", False), "CleanupDeadLetters": ("cleanup", True)}
"""The outputs that name the queues; whose letters are in them, and whether those are messages too."""


def main(arguments: list[str] | None = None) -> int:
    """Parse the command line, redrive every queue, answer the exit status."""
    parser = argparse.ArgumentParser(prog="make redrive-stream", description="Dead letters of the table's stream")
    parser.add_argument("--config", default="", help="section of samconfig.toml of the deployed stack")
    parser.add_argument("--state", type=Path, default=LOCAL / "state", help="folder of the local stack's data")
    parser.add_argument(
        "--forget", action="store_true", help="remove the letters whose records the stream has no more"
    )
    options = parser.parse_args(arguments)
    left = 0
    try:
        stack = running(options.config, options.state)
        redriver = StreamRedriver(stack.client("sqs"), stack.client("dynamodbstreams"), stack.client("lambda"))
        for output, (function, messages) in QUEUES.items():
            outcome = redriver.redrive(
                stack.outputs[output], f"{stack.name}-{function}", forget=options.forget, messages=messages
            )
            print(
                f"{function}: {outcome.done} letters done again, {outcome.records} records in all; "
                f"{outcome.gone} no longer whole in the stream; {outcome.failed} failed"
            )
            left += outcome.failed + (0 if options.forget else outcome.gone)
    except (BotoCoreError, ClientError) as error:
        stop(f"AWS refused: {error}")
    return 1 if left else 0


if __name__ == "__main__":
    raise SystemExit(main())
