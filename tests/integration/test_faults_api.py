"""Every call that any address of the API makes fails in every way that calls fail: nothing is lost or doubled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import cycle, islice
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ConnectionClosedError, EndpointConnectionError, ReadTimeoutError
from botocore.retries.standard import ThrottledRetryableChecker
from plumbline.http import documentation
from plumbline.storage import items
from plumbline.storage.clients import is_transient

from tests.support.api_calls import CALLS, LARGEST_ITEM, Api, is_503
from tests.support.faults import Faults, counting, error
from tests.support.moto_state import is_moto

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plumbline.storage.clients import Clients

    from tests.support.gateway import Answer
    from tests.support.tables import Stack

Fault = Callable[[Callable[[], Any]], Any]

UNHEARD, TWICE = "done, but no answer", "done twice"
URL = "https://dynamodb.eu-central-1.amazonaws.com"


def instead(failure: Exception) -> Fault:
    """The call does not happen."""

    def act(call: Callable[[], Any]) -> Any:
        raise failure

    return act


def unheard(call: Callable[[], Any]) -> Any:
    """The call happens, and its answer does not come."""
    call()
    raise ReadTimeoutError(endpoint_url=URL)


def sent_again(call: Callable[[], Any]) -> Any:
    """The call happens, its answer does not come, and the client sends it again."""
    call()
    return call()


REFUSALS: dict[str, Fault] = {
    "over its throughput": instead(error("ProvisionedThroughputExceededException", 400)),
    "throttled": instead(error("ThrottlingException", 400)),
    "server error": instead(error("InternalServerError", 500)),
    "connection reset": instead(ConnectionClosedError(endpoint_url=URL)),
    "no connection": instead(EndpointConnectionError(endpoint_url=URL)),
}
FAULTS: dict[str, Fault] = {**REFUSALS, UNHEARD: unheard, TWICE: sent_again}


@pytest.fixture
def api(clients: Clients, stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Api:
    monkeypatch.setattr(items, "LARGEST_ITEM", LARGEST_ITEM)
    return Api.create(clients, stack)


def test_every_address_is_called() -> None:
    described = {
        f"{method.upper()} {path}"
        for path, methods in documentation.written()["paths"].items()
        for method in methods
    }
    assert {call.operation for call in CALLS.values()} | {"DELETE /api/interactions/{id}"} == described


def failing(call_number: int, fault: Fault) -> Faults:
    return Faults(lambda number, call: fault(call) if number == call_number else call())


def cases(calls: int, *, few: bool) -> Iterator[tuple[int, str]]:
    """Each call, done without an answer and refused; unless ``few``, done twice and refused in another way too."""
    refusals = cycle(REFUSALS)
    for number in range(1, calls + 1):
        yield from ((number, kind) for kind in (UNHEARD, next(refusals)))
        if not few:
            yield from ((number, kind) for kind in (TWICE, next(refusals)))


@pytest.mark.parametrize("name", [name for name, call in CALLS.items() if call.changes])
def test_a_write_of_which_any_call_fails_may_be_sent_again(api: Api, name: str) -> None:
    call = CALLS[name]
    both = call.makes == "interactions" and not is_moto(api.clients)
    for updates in ("stream", "inline") if both else ("stream",):
        api = replace(api, settings=replace(api.settings, baseline_updates=updates))
        plain = counting()
        right = call.send(api.gateway(plain.wrap(api.clients)), f"first-{updates}")
        assert right.status == 200, right.json
        there = api.count(call.makes)
        for number, kind in cases(plain.calls, few=is_moto(api.clients)):
            fault, case = FAULTS[kind], f"{updates}, call {number} of {plain.calls}: {kind}"
            key = f"{updates}-{number}-{kind}".replace(" ", "-")
            answer = call.send(api.gateway(failing(number, fault).wrap(api.clients)), key)
            assert answer.status == 200 or is_503(answer), f"{case}: {answer.status} {answer.json}"
            if fault is sent_again:
                assert answer.status == 200, case
            again = call.send(api.gateway(), key)
            assert again.status == 200, case
            if answer.status == 200 and call.repeats:
                assert made(again) == made(answer), case
            there += bool(call.makes)
            assert api.count(call.makes) == there, case


@pytest.mark.parametrize("name", [name for name, call in CALLS.items() if not call.changes])
def test_a_read_of_which_any_call_fails_is_right_or_says_so(api: Api, name: str) -> None:
    call = CALLS[name]
    plain = counting()
    right = call.send(api.gateway(plain.wrap(api.clients)), "")
    assert right.status == 200, right.json
    assert plain.calls >= 1
    # Of many calls that are alike each fails in another way.
    kinds = cycle(FAULTS.items())
    for number in range(1, plain.calls + 1):
        for kind, fault in islice(kinds, len(FAULTS) if plain.calls <= 3 else 2):
            case = f"call {number} of {plain.calls}: {kind}"
            answer = call.send(api.gateway(failing(number, fault).wrap(api.clients)), "")
            if answer.status == 200:
                assert answer.data == right.data, case
            else:
                assert is_503(answer), f"{case}: {answer.status} {answer.json}"
                assert fault is not sent_again, case


def made(answer: Answer) -> Any:
    """What a request made or was about: an interaction's or import's id, or an import's address."""
    return answer.data["id"] if answer.data else answer.headers["location"]


def test_all_that_a_client_calls_throttling_is_answered_503() -> None:
    checker: Any = ThrottledRetryableChecker
    codes = checker._THROTTLED_ERROR_CODES
    assert [code for code in codes if not is_transient(code) and not code.startswith("EC2")] == []
