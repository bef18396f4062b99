"""A stand-in for DynamoDB's HTTP interface: takes everything, keeps nothing, answers after a given time.

With a limit it takes so many write units a second and leaves the rest of a batch unprocessed, or refuses a batch
of which it can take nothing, as a table does. It runs as a process of its own, so that its work is not the
worker's. Prints its port.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
import zlib
from itertools import count

_last_id = count(1_000_000, 100_000)


class Limit:
    """Write units, of which there are so many a second, and what was not used of the last second's."""

    def __init__(self, a_second: float) -> None:
        self._a_second = self._left = a_second
        self._filled = time.monotonic()

    def take(self, units: int) -> bool:
        """Whether there are as many, which then are gone."""
        now = time.monotonic()
        self._left = min(self._a_second, self._left + (now - self._filled) * self._a_second)
        self._filled = now
        if self._left < units:
            return False
        self._left -= units
        return True


def write(body: bytes, limit: Limit) -> tuple[int, dict[str, object]]:
    """Status and answer to a batch of writes."""
    left: dict[str, list[object]] = {}
    taken = 0
    for name, requests in json.loads(body)["RequestItems"].items():
        for request in requests:
            # About the size of the item; JSON spells out types, and binary values are a third longer.
            if limit.take(-(-len(json.dumps(request)) // 1_400)):
                taken += 1
            else:
                left.setdefault(name, []).append(request)
    if left and not taken:
        return 400, {"__type": "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException"}
    return 200, {"UnprocessedItems": left}


async def _answer_all(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seconds: float, limit: Limit | None
) -> None:
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            fields = dict(line.split(b":", 1) for line in head.split(b"\r\n")[1:] if line)
            body = await reader.readexactly(int(fields[b"content-length"]))
            await asyncio.sleep(seconds)
            operation = fields[b"x-amz-target"].strip().rpartition(b".")[2].decode()
            if operation == "batchwriteitem" and limit is not None:
                writer.write(_as_http(*write(body, limit)))
            else:
                writer.write(_answer(operation))
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


def _answer(operation: str) -> bytes:
    answer: dict[str, object] = {}
    if operation == "batchwriteitem":
        answer = {"UnprocessedItems": {}}
    elif operation == "updateitem":
        answer = {"Attributes": {"last": {"N": str(next(_last_id))}}}
    return _as_http(200, answer)


def _as_http(status: int, answer: object) -> bytes:
    body = json.dumps(answer).encode()
    head = (
        f"HTTP/1.1 {status} -\r\nContent-Type: application/x-amz-json-1.0\r\n"
        f"x-amz-crc32: {zlib.crc32(body)}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def _serve(seconds: float, limit: Limit | None) -> None:
    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> asyncio.Task[None]:
        return asyncio.create_task(_answer_all(reader, writer, seconds, limit))

    server = await asyncio.start_server(connected, "127.0.0.1", 0, limit=2**24)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.dynamodb_stub", description=__doc__)
    parser.add_argument("--milliseconds", type=float, default=8.0)
    parser.add_argument("--units", type=float, help="write units a second; without it there is no limit")
    arguments = parser.parse_args()
    asyncio.run(_serve(arguments.milliseconds / 1000, Limit(arguments.units) if arguments.units else None))


if __name__ == "__main__":
    main()
