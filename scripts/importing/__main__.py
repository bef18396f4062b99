"""`make import` and `make redrive`.

    python -m scripts.importing send history.csv.gz [--url http://127.0.0.1:8000]
    python -m scripts.importing follow 2501348322714795 [--url ...]
    python -m scripts.importing redrive 2501348322714795 [--url ...]

The API key is that of the variable PLUMBLINE_KEY; without it, on this machine, the local stack's own. It needs
the scope ingest to send, read to follow, and admin to redrive.

Ends with 0 where the import succeeded (with problems in rows, too) or goes on unseen, because the key may not
read, 1 where it did not, 130 after Ctrl-C.
"""

from __future__ import annotations

import argparse
import signal
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx

from scripts.importing.api import FORBIDDEN, Api, ImportTrouble, Refused
from scripts.importing.follow import ENDED, follow
from scripts.importing.show import Display, display, result
from scripts.importing.upload import check, upload
from scripts.keys import keyfile

INTERRUPTED = 130


def main(arguments: list[str] | None = None) -> int:
    """Parse the command line, do what it says, answer the exit status."""
    parser = argparse.ArgumentParser(prog="importing", description="Files into Plumbline")
    parser.add_argument("--url", default="http://127.0.0.1:8000", help="the API's address")
    actions = parser.add_subparsers(dest="action", required=True)
    actions.add_parser("send", help="upload a file and follow its import").add_argument("file", type=Path)
    for action, meaning in (("follow", "follow an import"), ("redrive", "send what is missing, and follow")):
        actions.add_parser(action, help=meaning).add_argument("id", type=int)
    options = parser.parse_args(arguments)
    # A terminal that is closed or a job that is stopped ends like Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with Api(options.url, key=keyfile.key_for(options.url)) as api, closing(display()) as show:
            return run(api, show, options)
    except ImportTrouble as trouble:
        print(f"\n{trouble}", file=sys.stderr)
        return 1


def run(api: Api, show: Display, options: argparse.Namespace) -> int:
    """One action, to its end.

    Raises:
        ImportTrouble: it cannot be done.
    """
    if options.action == "send":
        try:
            number = send(api, show, options.file)
        except KeyboardInterrupt:
            show.close()
            print(
                f"\nStopped. {options.file} was not uploaded whole: nothing of it is imported.",
                file=sys.stderr,
            )
            return INTERRUPTED
    else:
        number = options.id
        if options.action == "redrive":
            print(f"Chunks that are sent once more: {api.redrive(number):,}", flush=True)
    try:
        status = follow(api, number, show)
    except KeyboardInterrupt:
        show.close()
        print(f"\nThe import goes on. Follow it with: {follow_command(api, number)}", file=sys.stderr)
        return INTERRUPTED
    except Refused as refused:
        if refused.status != FORBIDDEN or options.action == "follow":
            raise
        show.close()
        print(unseen(api, number))
        return 0
    except ImportTrouble as trouble:
        raise ImportTrouble(f"{trouble} Follow the import later with: {follow_command(api, number)}") from None
    show.close()
    conclude(api, status, options.file.parent if options.action == "send" else Path())
    return 0 if status["state"] in ENDED and status["state"] != "failed" else 1


def send(api: Api, show: Display, path: Path) -> int:
    """Upload a file; its import's id.

    Raises:
        ImportTrouble: it cannot be uploaded.
    """
    size = check(path)
    return upload(api, path, lambda sent: show.uploading(path.name, sent, size))


def conclude(api: Api, status: dict[str, Any], folder: Path) -> None:
    """Say what came of an import, and fetch the rows that could not be used into a folder."""
    print(result(status))
    if status["rejected_rows"]:
        print(rejected(api, status, folder))
    if status["state"] == "stalled":
        print(f"Once the cause is gone: make redrive IMPORT={status['id']} URL={api.url}")
    print(f"Import: {api.url}/api/imports/{status['id']}")


def rejected(api: Api, status: dict[str, Any], folder: Path) -> str:
    """Fetch the rows that could not be used into a folder, and say where they are."""
    place = status["rejected_rows"]["s3"]
    name = status["filename"]
    path = folder / f"{name.partition('.')[0] or name}-rejected-{status['id']}.{place.rpartition('.')[2]}"
    try:
        with api.client.stream("GET", status["rejected_rows"]["url"]) as answer:
            answer.raise_for_status()
            with path.open("wb") as file:
                for part in answer.iter_bytes():
                    file.write(part)
    except (httpx.HTTPError, OSError):
        path.unlink(missing_ok=True)
        return f"The rejected rows, each with its reason, are in {place}"
    return f"The rejected rows, each with its reason, are in {path} and {place}: mend them and import that file"


def unseen(api: Api, number: int) -> str:
    """What is said where the key may send, but not see what comes of it."""
    return (
        "What was asked for is done, and the import goes on."
        " This key may not follow it: that needs the scope read.\n"
        f"With a key that has it: {follow_command(api, number)}"
    )


def follow_command(api: Api, number: int) -> str:
    """What follows an import from the terminal."""
    return f"make import IMPORT={number} URL={api.url}"


if __name__ == "__main__":
    raise SystemExit(main())
