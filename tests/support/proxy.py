"""A wire between a client and a server that can be told to stall, break or cut what the server answers."""

from __future__ import annotations

import socket
import struct
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from typing import Self

_RESET = struct.pack("ii", 1, 0)


class Proxy:
    """Carries connections to ``upstream`` (an address as ``http://host:port``); without one nothing ever answers.

    ``answers`` says what becomes of an answer: it may ``pass``, be swallowed (``silent``), be broken by a reset
    (``reset``), or end half-way (``cut``). An answer that passes comes ``delay`` seconds late.
    """

    def __init__(self, upstream: str = "", answers: str = "pass", delay: float = 0.0) -> None:
        parts = urlsplit(upstream)
        self._upstream = (parts.hostname or "", parts.port or 80) if upstream else None
        self.answers = answers
        self.delay = delay
        self._server = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._open: list[socket.socket] = []

    @property
    def accepted(self) -> int:
        """How many connections were made to an upstream that never answers."""
        return len(self._open)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.getsockname()[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        for connection in self._open:
            _end(connection)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client = self._server.accept()[0]
                self._open.append(client)
                if self._upstream is not None:
                    threading.Thread(target=self._carry, args=[client, self._upstream], daemon=True).start()

    def _carry(self, client: socket.socket, upstream: tuple[str, int]) -> None:
        with suppress(OSError):
            server = socket.create_connection(upstream)
            self._open.append(server)
            threading.Thread(target=self._answer, args=[server, client], daemon=True).start()
            while data := client.recv(1 << 16):
                server.sendall(data)
            _end(server)

    def _answer(self, server: socket.socket, client: socket.socket) -> None:
        with suppress(OSError):
            while data := server.recv(1 << 16):
                if self.answers == "silent":
                    continue
                if self.answers == "reset":
                    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                    client.close()
                    return
                time.sleep(self.delay)
                if self.answers == "cut":
                    client.sendall(data[: len(data) // 2])
                    break
                client.sendall(data)
            _end(client)


def _end(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()
