"""The AWS clients, and what their failures mean."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

import boto3
import botocore
from botocore.config import Config
from botocore.exceptions import ClientError, HTTPClientError, IncompleteReadError, ResponseStreamingError
from botocore.exceptions import ConnectionError as NoConnection

from plumbline.errors import Unavailable
from plumbline.storage.bulk import send_batches_quickly
from plumbline.storage.deadline import Workers, heed
from plumbline.storage.pace import Pace
from plumbline.storage.wire import refuse_cut_off, serialise_directly

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import ThreadPoolExecutor

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

WORKERS = 8
"""Calls in flight at once from one process, for everything that is asked in parallel."""

# botocore's standard mode waits up to 1 s, then 2 s, between three attempts. A call that nobody answers is
# given up after 3 * 3 + 3 = 12 s. That several slow calls end within the gateway's 29 s is up to their request,
# which bounds all of them together; see deadline.py.
_PROMPT = Config(
    connect_timeout=1,
    read_timeout=3,
    retries={"mode": "standard", "total_max_attempts": 3},
    max_pool_connections=4 * WORKERS,
    tcp_keepalive=True,
)
# Work in the background has minutes, and giving up costs it a redelivery.
_PATIENT = _PROMPT.merge(
    Config(connect_timeout=3, read_timeout=20, retries={"mode": "standard", "total_max_attempts": 8})
)
# Whoever asks whether storage answers wants to know soon that it does not.
_IMPATIENT = _PROMPT.merge(
    Config(connect_timeout=1, read_timeout=1, retries={"mode": "standard", "total_max_attempts": 2})
)
# Items are built in wire form by this package: validating them costs a third of a write. Another fifth goes into
# botocore's name for itself, which it puts together twice a request unless it is told what to say.
_DYNAMODB = Config(
    parameter_validation=False, user_agent=f"Boto3/{boto3.__version__} md/Botocore#{botocore.__version__}"
)


def _workers() -> ThreadPoolExecutor:
    return Workers(WORKERS, thread_name_prefix="storage")


@dataclass(frozen=True, slots=True)
class Clients:
    """One low-level client a service, made once a process, and the threads that call them in parallel.

    Tasks given to ``workers`` never give it further tasks: they could wait for each other for ever. ``pace`` says
    how many of them may write in bulk at the moment. Few functions use a queue, so ``sqs`` is made by ``make_sqs``
    when it is first asked for; and so is ``probe``, which gives DynamoDB up after a second or two.
    """

    dynamodb: DynamoDBClient
    s3: S3Client
    workers: ThreadPoolExecutor = field(default_factory=_workers)
    pace: Pace = field(default_factory=lambda: Pace(WORKERS))
    make_sqs: Callable[[], SQSClient] = field(default_factory=lambda: _sqs(boto3.Session(), _PROMPT))
    make_probe: Callable[[], DynamoDBClient] = field(default_factory=lambda: _probe(boto3.Session()))

    @property
    def sqs(self) -> SQSClient:
        return self.make_sqs()

    @property
    def probe(self) -> DynamoDBClient:
        return self.make_probe()

    @classmethod
    def create(cls, *, patient: bool = False) -> Clients:
        """Clients for the environment's region and endpoints.

        ``patient`` is for background functions; without it a call gives up early enough for an HTTP request to
        answer 503 within the gateway's 29 seconds.
        """
        config = _PATIENT if patient else _PROMPT
        session = boto3.Session()
        dynamodb = session.client("dynamodb", config=config.merge(_DYNAMODB))
        serialise_directly(dynamodb)
        s3 = session.client("s3", config=config.merge(_s3_config()))
        for client in (dynamodb, s3):
            heed(client)
            refuse_cut_off(client)
        if patient:
            send_batches_quickly(dynamodb)
        return cls(dynamodb, s3, make_sqs=_sqs(session, config), make_probe=_probe(session))


def _sqs(session: boto3.Session, config: Config) -> Callable[[], SQSClient]:
    def make() -> SQSClient:
        client = session.client("sqs", config=config)
        heed(client)
        refuse_cut_off(client)
        return client

    return cache(make)


def _probe(session: boto3.Session) -> Callable[[], DynamoDBClient]:
    def make() -> DynamoDBClient:
        client = session.client("dynamodb", config=_IMPATIENT.merge(_DYNAMODB))
        heed(client)
        refuse_cut_off(client)
        return client

    return cache(make)


def _s3_config() -> Config:
    """SigV4, which presigned addresses of encrypted objects need; bucket names in the path for an emulator.

    (``bucket.localhost`` resolves on few machines.) With ``auto`` presigned addresses would lead to S3's global
    endpoint, which redirects uploads to a new bucket of another region: curl does not follow with a form.
    """
    emulated = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    return Config(signature_version="s3v4", s3={"addressing_style": "path" if emulated else "virtual"})


_BUSY = frozenset(
    {
        "ProvisionedThroughputExceededException",
        "ProvisionedThroughputExceeded",
        "RequestLimitExceeded",
        "ThrottlingException",
        "ThrottlingError",
        "Throttling",
        "ThrottledException",
        "RequestThrottled",
        "RequestThrottledException",
        "BandwidthLimitExceeded",
        "PriorRequestNotComplete",
        "TooManyRequestsException",
        "TransactionConflictException",
        "TransactionConflict",
        "TransactionInProgressException",
        "ReplicatedWriteConflictException",
        "LimitExceededException",
        "SlowDown",
        "RequestTimeout",
        "RequestTimeoutException",
        "OperationAborted",
        "InternalServerError",
        "InternalError",
        "ServiceUnavailable",
    }
)


def is_transient(code: str, status: int = 0) -> bool:
    """Whether an AWS error code (with its HTTP status) says to try again later."""
    return code in _BUSY or status >= 500


def refusal(error: Exception) -> str | None:
    """What AWS refused, and its code for why: ``PutItem: AccessDeniedException``; None for any other error."""
    if not isinstance(error, ClientError):
        return None
    return f"{error.operation_name}: {error.response.get('Error', {}).get('Code', '')}"


@contextmanager
def available() -> Iterator[None]:
    """Turn what another attempt may mend into :class:`Unavailable`; everything else passes through.

    Raises:
        Unavailable: throttled, a server error, no connection, no answer in time, an answer cut off.
    """
    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if is_transient(code, status):
            raise Unavailable("Storage is busy at the moment. Please send the request again.") from error
        raise
    # botocore's errors of connections that fail, time out or are cut have no root of their own but these four.
    except (NoConnection, HTTPClientError, ResponseStreamingError, IncompleteReadError) as error:
        raise Unavailable(
            "Storage cannot be reached at the moment. Please send the request again.", retry_after=2
        ) from error
