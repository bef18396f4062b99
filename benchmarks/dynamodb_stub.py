"""A stand-in for DynamoDB's HTTP interface: takes everything, keeps nothing, answers after a given time.

It runs as a process of its own, so that its work is not the worker's. Prints its port.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import zlib
from itertools import count

_last_id = count(1_000_000, 100_000)


async def _answer_all(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seconds: float) -> None:
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            fields = dict(line.split(b":", 1) for line in head.split(b"\r\n")[1:] if line)
            await reader.readexactly(int(fields[b"content-length"]))
            await asyncio.sleep(seconds)
            writer.write(_answer(fields[b"x-amz-target"].strip().rpartition(b".")[2].decode()))
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


def _answer(operation: str) -> bytes:
    answer: dict[str, object] = {}
    if operation == "batchwriteitem":
        answer = {"UnprocessedItems": {}}
    elif operation == "updateitem":
        answer = {"Attributes": {"last": {"N": str(next(_last_id))}}}
    body = json.dumps(answer).encode()
    head = (
        "HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.0\r\n"
        f"x-amz-crc32: {zlib.crc32(body)}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def _serve(seconds: float) -> None:
    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> asyncio.Task[None]:
        return asyncio.create_task(_answer_all(reader, writer, seconds))

    server = await asyncio.start_server(connected, "127.0.0.1", 0, limit=2**24)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.dynamodb_stub", description=__doc__)
    parser.add_argument("--milliseconds", type=float, default=8.0)
    asyncio.run(_serve(parser.parse_args().milliseconds / 1000))


if __name__ == "__main__":
    main()
