"""A file on its way to S3, by a presigned form: read as it is sent, and begun anew where the network breaks."""

from __future__ import annotations

import re
import secrets
import time
from typing import IO, TYPE_CHECKING, cast

import httpx

from scripts.importing.api import FORBIDDEN, ImportTrouble, Refused

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from scripts.importing.api import Api, Form

LARGEST = 5_000_000_000
ATTEMPTS = 6
# S3 answers once it has put away all of the file.
_TIMEOUT = httpx.Timeout(60, connect=10, read=900)
_CODE = re.compile(r"<Code>([^<]*)</Code>")
_MESSAGE = re.compile(r"<Message>([^<]*)</Message>")
_AGAIN = frozenset({"RequestTimeout", "SlowDown", "InternalError", "ServiceUnavailable"})


def check(path: Path) -> int:
    """The size of a file that is to be uploaded.

    Raises:
        ImportTrouble: it is no file, cannot be read, or is too large.
    """
    if not path.exists():
        raise ImportTrouble(f"There is no file {path}.")
    if not path.is_file():
        raise ImportTrouble(f"{path} is no file.")
    try:
        path.open("rb").close()
    except OSError as error:
        raise ImportTrouble(f"{path} cannot be read: {error.strerror}.") from None
    size = path.stat().st_size
    if size > LARGEST:
        pack = "" if path.suffix == ".gz" else f"pack it (gzip {path}), or "
        raise ImportTrouble(
            f"{path} has {size:,} bytes; {LARGEST:,} are the most that can come this way. Instead, {pack}copy"
            f" it to the bucket: aws s3 cp {path} s3://BUCKET/uploads/ (the stack's output UploadsBucket)."
        )
    return size


def upload(
    api: Api,
    path: Path,
    sent: Callable[[int], None],
    *,
    wait: Callable[[float], None] = time.sleep,
    transport: httpx.BaseTransport | None = None,
) -> int:
    """Upload a file and answer its import's id; ``sent`` is told how many bytes are on their way.

    The key makes every attempt one and the same import, and gives each a form that has not expired.

    Raises:
        ImportTrouble: the file is refused, or the network does not come back.
    """
    key, pause = secrets.token_hex(16), 1.0
    for attempt in range(1, ATTEMPTS + 1):
        form = api.ask(path.name, key)
        if attempt > 1 and _arrived(api, form.import_id):
            return form.import_id  # the answer was lost, not the file
        try:
            with path.open("rb") as file, _client(form, transport) as client:
                _send(client, form, path.name, _Counted(file, sent))
        except _PassingTrouble as trouble:
            if attempt == ATTEMPTS:
                raise ImportTrouble(f"{path} could not be uploaded: {trouble}.") from None
            wait(pause)
            pause *= 2
        else:
            return form.import_id
    raise AssertionError("the last attempt returns or raises")


class _PassingTrouble(Exception):
    """Another attempt may work."""


class _Counted:
    """A file that tells how far it has been read. All that an HTTP client needs of one, and no more."""

    def __init__(self, file: IO[bytes], told: Callable[[int], None]) -> None:
        self._file = file
        self._told = told

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self._told(self._file.tell())
        return data

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def fileno(self) -> int:
        return self._file.fileno()


def _client(form: Form, transport: httpx.BaseTransport | None) -> httpx.Client:
    local = httpx.URL(form.url).host in {"127.0.0.1", "localhost", "::1"}
    return httpx.Client(timeout=_TIMEOUT, transport=transport, trust_env=not local)


def _send(client: httpx.Client, form: Form, name: str, file: _Counted) -> None:
    try:
        answer = client.post(
            form.url, data=form.fields, files={"file": (name, cast("IO[bytes]", file), "application/octet-stream")}
        )
    except httpx.TransportError as error:
        raise _PassingTrouble(str(error) or type(error).__name__) from None
    if answer.is_success:
        return
    code, message = _CODE.search(answer.text), _MESSAGE.search(answer.text)
    said = message[1].rstrip(".") if message else f"S3 answered with HTTP status {answer.status_code}"
    if answer.status_code >= 500 or (code and code[1] in _AGAIN) or "expired" in said:
        raise _PassingTrouble(said)
    raise ImportTrouble(f"S3 does not take the file: {said}.")


def _arrived(api: Api, import_id: int) -> bool:
    try:
        found = api.read(import_id)
    except Refused as refused:
        if refused.status == FORBIDDEN:
            return False  # the key may only send; a file that comes twice is imported once
        raise
    return found["state"] != "queued" or found["size_bytes"] is not None
