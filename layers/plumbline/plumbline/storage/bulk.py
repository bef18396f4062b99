"""Batches of writes, sent with less ado than botocore's.

Much of what a batch of 25 interactions costs botocore is not the signature but what happens around it: handlers,
copies of headers, a pool of connections. Here a batch is signed by botocore and sent over a connection of its
thread's own. An answer that is anything but success is none of this module's business: the client then makes the
call in its own way, with all its attempts. To put the same items twice is safe.
"""

from __future__ import annotations

import os
import ssl
import threading
import zlib
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import orjson
from botocore.awsrequest import AWSRequest, AWSResponse
from botocore.httpsession import get_cert_path
from botocore.utils import get_environ_proxies

if TYPE_CHECKING:
    from collections.abc import Mapping

    from botocore.awsrequest import AWSPreparedRequest
    from botocore.signers import RequestSigner
    from mypy_boto3_dynamodb import DynamoDBClient

_OPERATION = "BatchWriteItem"
_SUCCESS = 200
_REPEATED = "plumbline_repeated"
# Certificates of somebody's own are the client's business too.
_OF_CERTIFICATES = ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE")


def send_batches_quickly(dynamodb: DynamoDBClient) -> None:
    """Have a client send batches of writes quickly where nothing stands in the way.

    Its answer's binary values are those of the wire, in base64, which is how they are sent again. To be called
    after everything else that changes the client's requests.
    """
    # The stubs know neither what a client is configured with nor handlers that answer.
    config: Any = dynamodb.meta.config
    events: Any = dynamodb.meta.events
    address = dynamodb.meta.endpoint_url
    if config.proxies or get_environ_proxies(address):
        return
    if address.startswith("https:") and any(map(os.environ.get, _OF_CERTIFICATES)):
        return
    sender = _Sender(dynamodb, config.read_timeout)
    events.register_last(f"before-call.dynamodb.{_OPERATION}", sender.send)
    events.register_first(f"after-call.dynamodb.{_OPERATION}", _count_repeated)


def _count_repeated(parsed: dict[str, Any], context: Mapping[str, Any], **_: object) -> None:
    """Say that there was an attempt more than botocore knows of."""
    if _REPEATED in context:
        metadata = parsed.setdefault("ResponseMetadata", {})
        metadata["RetryAttempts"] = metadata.get("RetryAttempts", 0) + 1


class _Connection:
    """A connection that is closed when nobody has it any more."""

    def __init__(self, scheme: str, address: str, timeout: float) -> None:
        self.to = (scheme, address)
        if scheme == "http":
            self.http = HTTPConnection(address, timeout=timeout)
        else:
            certificates = ssl.create_default_context(cafile=get_cert_path(verify=True))
            self.http = HTTPSConnection(address, timeout=timeout, context=certificates)

    def __del__(self) -> None:
        self.http.close()


class _Sender:
    def __init__(self, dynamodb: DynamoDBClient, timeout: float) -> None:
        events: Any = dynamodb.meta.events
        self._emit = events.emit_until_response
        self._timeout = timeout
        self._of_thread = threading.local()

    def send(
        self, params: Mapping[str, Any], request_signer: RequestSigner, context: dict[str, Any], **_: object
    ) -> tuple[AWSResponse, dict[str, Any]] | None:
        """The answer to a request that botocore has prepared; None where it is to send it itself."""
        request = AWSRequest(params["method"], params["url"], params["headers"], params["body"])
        request.context = context
        request_signer.sign(_OPERATION, request)
        prepared = request.prepare()
        # As botocore does before each attempt: who listens may answer, or may know that there is no time left.
        _, answer = self._emit(f"before-send.dynamodb.{_OPERATION}", request=prepared)
        status: int
        headers: Any
        status, headers, body = (
            (answer.status_code, answer.headers, answer.content) if answer is not None else self._post(prepared)
        )
        if status != _SUCCESS or zlib.crc32(body) != int(headers.get("x-amz-crc32") or zlib.crc32(body)):
            context[_REPEATED] = True
            return None
        parsed = orjson.loads(body)
        parsed["ResponseMetadata"] = {"HTTPStatusCode": status, "HTTPHeaders": headers, "RetryAttempts": 0}
        return AWSResponse(prepared.url, status, headers, None), parsed

    def _post(self, request: AWSPreparedRequest) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body; status 0 where no answer came."""
        where = urlsplit(request.url)
        kept: _Connection | None = getattr(self._of_thread, "connection", None)
        if kept is None or kept.to != where[:2]:
            kept = self._of_thread.connection = _Connection(where.scheme, where.netloc, self._timeout)
        sent: Any = request.body  # bytes
        try:
            kept.http.request(request.method, where.path, sent, dict(request.headers.items()))
            answer = kept.http.getresponse()
            body = answer.read()
        except (OSError, HTTPException):
            kept.http.close()
            return 0, {}, b""
        # One that was cut off among its headers has no body, which DynamoDB's always have.
        return answer.status if body else 0, {name.lower(): value for name, value in answer.getheaders()}, body
