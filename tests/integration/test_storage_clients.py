from __future__ import annotations

import socket
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from botocore.config import Config
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ParamValidationError,
    ReadTimeoutError,
    ResponseStreamingError,
)
from plumbline.errors import Unavailable
from plumbline.storage import clients as storage_clients
from plumbline.storage.clients import Clients, available
from plumbline.storage.interactions import InteractionStore
from plumbline.storage.retrying import Backoff
from plumbline.storage.transactions import Cancelled, transact

from tests.support.faults import Faults, error
from tests.support.interactions import interaction

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.tables import Stack

URL = "https://dynamodb.eu-central-1.amazonaws.com"
QUICK = Backoff(attempts=4, sleep=lambda seconds: None)


@pytest.mark.parametrize(
    "failure",
    [
        error("ProvisionedThroughputExceededException", 400),
        error("ThrottlingException", 400),
        error("RequestLimitExceeded", 400),
        error("TransactionConflictException", 400),
        error("TransactionInProgressException", 400),
        error("InternalServerError", 500),
        error("SlowDown", 503),
        error("AnythingNew", 502),
        EndpointConnectionError(endpoint_url=URL),
        ConnectTimeoutError(endpoint_url=URL),
        ReadTimeoutError(endpoint_url=URL),
        ConnectionClosedError(endpoint_url=URL),
        ResponseStreamingError(error="cut off"),
    ],
    ids=str,
)
def test_what_another_attempt_may_mend_is_unavailable(failure: Exception) -> None:
    with pytest.raises(Unavailable) as raised, available():
        raise failure
    assert raised.value.retry_after >= 1
    assert raised.value.__cause__ is failure


@pytest.mark.parametrize(
    "failure",
    [
        error("ValidationException", 400),
        error("AccessDeniedException", 400),
        error("ResourceNotFoundException", 400),
        error("ConditionalCheckFailedException", 400),
        ParamValidationError(report="wrong"),
        KeyError("programming"),
    ],
    ids=repr,
)
def test_what_no_attempt_mends_passes_through(failure: Exception) -> None:
    with pytest.raises(type(failure)) as raised, available():
        raise failure
    assert raised.value is failure


@pytest.mark.parametrize(("patient", "attempts", "longest"), [(False, 3, 13.0), (True, 8, 300.0)])
def test_a_client_gives_up_in_time(patient: bool, attempts: int, longest: float) -> None:
    clients = Clients.create(patient=patient)
    for client in (clients.dynamodb, clients.s3):
        config: Any = client.meta.config
        assert config.retries["total_max_attempts"] == attempts
        assert config.retries["mode"] == "standard"
        waits = sum(min(20, 2**turn) for turn in range(attempts - 1))
        assert attempts * max(config.connect_timeout, config.read_timeout) + waits <= longest
        assert config.max_pool_connections >= 8


def test_a_storage_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.getsockname()[1]}")
        monkeypatch.setattr(storage_clients, "_PROMPT", storage_clients._PROMPT.merge(Config(read_timeout=0.2)))
        clients = Clients.create()
        held: list[socket.socket] = []

        def accept() -> None:
            while True:
                try:
                    held.append(server.accept()[0])
                except OSError:
                    return

        threading.Thread(target=accept, daemon=True).start()
        began = time.monotonic()
        with pytest.raises(Unavailable):
            InteractionStore(clients, "table", "bucket").get(1)
        assert time.monotonic() - began < 5
        assert len(held) == 3
        server.shutdown(socket.SHUT_RDWR)
        for connection in held:
            connection.close()
        clients.dynamodb.close()
        clients.s3.close()


def test_a_storage_that_is_down_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"http://127.0.0.1:{server.getsockname()[1]}"
    monkeypatch.setenv("AWS_ENDPOINT_URL", address)
    clients = Clients.create()
    assert clients.s3.meta.config.s3["addressing_style"] == "path"  # type: ignore[attr-defined]
    store = InteractionStore(clients, "table", "bucket")
    began = time.monotonic()
    with pytest.raises(Unavailable):
        store.page(10, None)
    assert time.monotonic() - began < 13


# ---------------------------------------------------------------- transactions


def cancelled_by(*codes: str, times: int = 1) -> Faults:
    reasons = [{"Code": code} for code in codes]

    def act(number: int, call: Callable[[], Any]) -> Any:
        if number <= times:
            raise error("TransactionCanceledException", 400, CancellationReasons=reasons)
        return call()

    return Faults(act)


def puts(stack: Stack, *numbers: int) -> list[Any]:
    return [{"Put": {"TableName": stack.interactions, "Item": {"id": {"N": str(number)}}}} for number in numbers]


@pytest.mark.parametrize("code", ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"])
def test_a_transaction_that_was_in_the_way_is_tried_again(clients: Clients, stack: Stack, code: str) -> None:
    faults = cancelled_by("None", code, times=2)
    transact(faults.wrap(clients).dynamodb, puts(stack, 1, 2), QUICK)
    assert faults.calls == 3
    with pytest.raises(Unavailable):
        transact(cancelled_by("None", code, times=9).wrap(clients).dynamodb, puts(stack, 1, 2), QUICK)


def test_a_condition_is_reported_whatever_else_was_in_the_way(clients: Clients, stack: Stack) -> None:
    faults = cancelled_by("TransactionConflict", "ConditionalCheckFailed")
    with pytest.raises(Cancelled) as raised:
        transact(faults.wrap(clients).dynamodb, puts(stack, 1, 2), QUICK)
    assert raised.value.codes == ("TransactionConflict", "ConditionalCheckFailed")
    assert faults.calls == 1


def test_a_write_that_yields_is_not_fought_over(clients: Clients, stack: Stack) -> None:
    faults = cancelled_by("None", "TransactionConflict")
    with pytest.raises(Cancelled):
        transact(faults.wrap(clients).dynamodb, puts(stack, 1, 2), QUICK, yields=1)
    transact(
        cancelled_by("None", "TransactionConflict").wrap(clients).dynamodb, puts(stack, 1, 2), QUICK, yields=0
    )


@pytest.mark.parametrize("code", ["ValidationError", "ItemCollectionSizeLimitExceeded"])
def test_a_transaction_that_cannot_be_is_an_error_at_once(clients: Clients, stack: Stack, code: str) -> None:
    faults = cancelled_by("None", code)
    with pytest.raises(ClientError, match="TransactionCanceled"):
        transact(faults.wrap(clients).dynamodb, puts(stack, 1, 2), QUICK)
    assert faults.calls == 1


def test_an_error_names_no_text_of_an_interaction(clients: Clients, stack: Stack) -> None:
    def act(_: int, call: Callable[[], Any]) -> Any:
        raise error("ThrottlingException", 400)

    store = InteractionStore(Faults(act).wrap(clients), stack.interactions, stack.bucket)
    with pytest.raises(Unavailable) as raised:
        store.put(interaction(1, input="secret words"))
    assert "secret" not in str(raised.value)
