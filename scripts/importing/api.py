"""The calls of Plumbline's API that an import takes, repeated while the network or storage is in trouble."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

# What a gateway and an API answer when the same request may work a moment later.
BUSY = frozenset({429, 502, 503, 504})
LONGEST_WAIT = 15.0
_TIMEOUT = httpx.Timeout(60, connect=10)
UNAUTHORIZED, FORBIDDEN = 401, 403
KEY_HINT = "Here it is taken from the variable: export PLUMBLINE_KEY=plk_…"


class ImportTrouble(Exception):
    """Something that ends the program; the message is for the person at the terminal."""


class Refused(ImportTrouble):
    """The API answered, and not what was asked for."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class Unreachable(ImportTrouble):
    """Nobody answered, as long as one was willing to wait."""


@dataclass(frozen=True)
class Form:
    """Where a file goes, and what the form has besides it."""

    import_id: int
    url: str
    fields: dict[str, str]
    max_bytes: int


class Api:
    """One deployment's API.

    ``key`` is sent to it, and to nobody else: not to S3, where files are uploaded. ``patience`` is for how many
    seconds a call is repeated before it is given up.
    """

    def __init__(
        self,
        url: str,
        *,
        key: str | None = None,
        patience: float = 120,
        transport: httpx.BaseTransport | None = None,
        wait: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.url = url.rstrip("/")
        self._credentials = {"authorization": f"Bearer {key}"} if key else {}
        self._patience = patience
        self._wait = wait
        self._clock = clock
        # A proxy for the world is none for this machine.
        local = urlsplit(self.url).hostname in {"127.0.0.1", "localhost", "::1"}
        self.client = httpx.Client(timeout=_TIMEOUT, transport=transport, trust_env=not local)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    def ask(self, filename: str, idempotency_key: str) -> Form:
        """Where to upload a file; the same import whenever the key is the same.

        Raises:
            Refused: there is something wrong with the name.
            Unreachable: nobody answers.
        """
        data = self._call("POST", "/api/imports", {"filename": filename}, {"idempotency-key": idempotency_key})
        return Form(data["id"], data["url"], data["fields"], data["max_bytes"])

    def read(self, import_id: int) -> dict[str, Any]:
        """How far an import is.

        Raises:
            Refused: there is no such import.
            Unreachable: nobody answers.
        """
        return self._call("GET", f"/api/imports/{import_id}")

    def redrive(self, import_id: int) -> int:
        """Send what an import is still missing once more, and answer how many chunks those are.

        Raises:
            Refused: there is no such import, or it has ended.
            Unreachable: nobody answers.
        """
        return int(self._call("POST", f"/api/imports/{import_id}/redrive")["chunks"])

    def _call(
        self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None
    ) -> dict[str, Any]:
        until, pause = self._clock() + self._patience, 0.5
        headers = {**self._credentials, **(headers or {})}
        while True:
            try:
                answer = self.client.request(method, self.url + path, json=body, headers=headers)
            except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
                raise ImportTrouble(f"{self.url} is no address of an API: {error}") from None
            except httpx.TransportError as error:
                trouble: ImportTrouble = Unreachable(f"{self.url} does not answer ({_reason(error)}).")
            else:
                if answer.is_success:
                    return _data(answer, self.url)
                hint = f" {KEY_HINT}" if answer.status_code == UNAUTHORIZED else ""
                trouble = Refused(_message(answer) + hint, answer.status_code)
                if answer.status_code not in BUSY:
                    raise trouble
            if self._clock() + pause > until:
                raise trouble
            self._wait(pause)
            pause = min(2 * pause, LONGEST_WAIT)


def _reason(error: httpx.TransportError) -> str:
    return str(error) or type(error).__name__


def _data(answer: httpx.Response, url: str) -> dict[str, Any]:
    try:
        data: dict[str, Any] = answer.json()["data"]
    except (ValueError, KeyError, TypeError):
        raise ImportTrouble(f"What answers at {url} is not Plumbline's API.") from None
    return data


def _message(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["message"])
    except (ValueError, KeyError, TypeError):
        return f"The API answered with HTTP status {answer.status_code}."
