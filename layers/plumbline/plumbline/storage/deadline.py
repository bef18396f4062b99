"""How long all calls to storage of one request may take together.

A client bounds each attempt of a call, and how many it makes. A request makes several calls, and each may be slow
and yet answer in time: only a bound on all of them lets the request answer before the gateway gives up on it.
"""

from __future__ import annotations

import math
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from functools import partial
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from plumbline.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from botocore.client import BaseClient
    from mypy_boto3_s3.type_defs import GetObjectOutputTypeDef

P = ParamSpec("P")
T = TypeVar("T")

MOST_UNCOUNTED = 6.0
"""Seconds, which the gateway waits in any case."""
_BLOCK = 16 * 1024
_until: ContextVar[float] = ContextVar("until")


class DeadlinePassed(Unavailable):
    """Storage answers, but too slowly for this request."""

    def __init__(self) -> None:
        super().__init__("Storage is slow at the moment. Please send the request again.", retry_after=5)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Let no attempt of a call begin that is made in here after so many seconds, in this thread or for it.

    One that has begun goes on until its client gives it up, which comes on top. Of bounds inside of each other the
    shortest holds.
    """
    token = _until.set(min(time.monotonic() + seconds, _until.get(math.inf)))
    try:
        yield
    finally:
        _until.reset(token)


@contextmanager
def uncounted() -> Iterator[None]:
    """Put off by as long as this takes, at most :data:`MOST_UNCOUNTED`, what has been bounded: it is no storage's
    doing. Megabytes of text take seconds to measure where a function has a fraction of a processor.
    """
    begun = time.monotonic()
    yield
    _until.set(_until.get(math.inf) + min(time.monotonic() - begun, MOST_UNCOUNTED))


def check() -> None:
    """Go on only while there is time; where nobody bounded it there always is.

    Raises:
        DeadlinePassed: there is none left.
    """
    if time.monotonic() >= _until.get(math.inf):
        raise DeadlinePassed


def heed(client: BaseClient) -> None:
    """Have a client look before each attempt whether there is time for it."""
    client.meta.events.register("before-send", _before_send)


def _before_send(**_: object) -> None:
    check()


def read_whole(answer: GetObjectOutputTypeDef) -> bytes:
    """All of an S3 object's body, which may come slowly.

    Raises:
        DeadlinePassed: it did not come in time.
        Unavailable: the answer was cut off before it said how long it is.
    """
    if "ContentLength" not in answer:
        raise Unavailable("Storage broke off its answer. Please send the request again.")
    blocks: list[bytes] = []
    while block := answer["Body"].read(_BLOCK):
        blocks.append(block)
        check()
    return b"".join(blocks)


class Workers(ThreadPoolExecutor):
    """Threads that work in the context, and so by the deadline, of whoever hands them their work."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Have the work done by one of the threads."""
        return super().submit(partial(copy_context().run, fn, *args, **kwargs))
