"""Storage that answers slowly, half, or not at all: 503 with Retry-After in time for the gateway, never a hang."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest
from botocore.config import Config
from moto import mock_aws
from plumbline import recording
from plumbline.http import lambda_handler
from plumbline.metrics import measure
from plumbline.storage import clients as storage_clients
from plumbline.storage import deadline, items
from plumbline.storage.clients import Clients
from plumbline.storage.deadline import DeadlinePassed, check, uncounted, within

from tests.support.api_calls import CALLS, LARGEST_ITEM, Api, Call, is_503
from tests.support.proxy import Proxy
from tests.support.tables import Stack, template

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.gateway import Answer

NEVER = 10.0
"""Far beyond what the timeouts of these tests allow together: who takes that long hangs."""


def quick(seconds: float) -> Config:
    once = {"mode": "standard", "total_max_attempts": 1}
    return Config(connect_timeout=seconds, read_timeout=seconds, retries=once)  # type: ignore[arg-type]


@dataclass
class Wired:
    """An API, and how it is answered over a wire that can be told to stall."""

    api: Api
    monkeypatch: pytest.MonkeyPatch

    def gateway_by(self, seconds: float, **endpoints: str) -> Any:
        """The API as a new process answers it that finds services at these addresses, and gives up soon."""
        for name in ("_PROMPT", "_IMPATIENT"):
            usual = getattr(storage_clients, name)
            self.monkeypatch.setattr(storage_clients, name, usual.merge(quick(seconds)))
        for name, url in endpoints.items():
            self.monkeypatch.setenv(f"AWS_ENDPOINT_URL_{name}", url)
        made = replace(Clients.create(), make_sqs=self.api.clients.make_sqs)
        return self.api.gateway(made)

    def in_time(self, call: Call, gateway: Any, key: str) -> Answer:
        began = time.monotonic()
        answer = call.send(gateway, key)
        assert time.monotonic() - began < NEVER
        return answer


@pytest.fixture(scope="module")
def direct(dynamodb_local: str) -> Iterator[Clients]:
    """Clients that reach DynamoDB Local without a wire in between, and moto's S3."""
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        patch.setenv("AWS_ENDPOINT_URL_DYNAMODB", dynamodb_local)
        made = Clients.create()
        _ = made.probe  # made here: later the environment says other addresses
        yield made
        made.workers.shutdown()
        made.dynamodb.close()
        made.s3.close()


@pytest.fixture
def wired(direct: Clients, monkeypatch: pytest.MonkeyPatch) -> Iterator[Wired]:
    monkeypatch.setattr(items, "LARGEST_ITEM", LARGEST_ITEM)
    stack = Stack.create(direct)
    yield Wired(Api.create(direct, stack), monkeypatch)
    stack.delete(direct)


@pytest.mark.parametrize("name", CALLS)
def test_whatever_becomes_of_the_answers(wired: Wired, dynamodb_local: str, name: str) -> None:
    call, api = CALLS[name], wired.api
    there = api.count(call.makes)
    for answers in ("cut", "silent", "reset") if call.changes else ("cut", "silent"):
        with Proxy(dynamodb_local, answers) as proxy:
            gateway = wired.gateway_by(0.3, DYNAMODB=proxy.url)
            answer = wired.in_time(call, gateway, answers)
            assert is_503(answer), f"{answers}: {answer.status} {answer.json}"
            assert call.send(api.gateway(), answers).status == 200, answers
        there += bool(call.makes)
        assert api.count(call.makes) == there, answers


@pytest.mark.parametrize("name", ["record a long text", "upload", "read a long text"])
def test_s3_that_does_not_answer(wired: Wired, name: str) -> None:
    call, api = CALLS[name], wired.api
    there = api.count(call.makes)
    with Proxy() as nobody:
        answer = wired.in_time(call, wired.gateway_by(0.3, S3=nobody.url), "k")
    assert is_503(answer), f"{answer.status} {answer.json}"
    assert api.count(call.makes) == there
    assert call.send(api.gateway(), "k").status == 200


@pytest.mark.parametrize("updates", ["stream", "inline"])
def test_many_slow_answers_are_one_503(wired: Wired, dynamodb_local: str, updates: Any) -> None:
    """None of them is late by itself: only together they are too slow."""
    wired.api = replace(wired.api, settings=replace(wired.api.settings, baseline_updates=updates))
    wired.monkeypatch.setattr(lambda_handler, "STORAGE_SECONDS", 0.6)
    record = CALLS["record"]
    with Proxy(dynamodb_local, delay=0.35) as proxy:
        gateway = wired.gateway_by(9.0, DYNAMODB=proxy.url)
        answer = wired.in_time(record, gateway, "k")
        assert is_503(answer)
        assert answer.headers["retry-after"] == str(DeadlinePassed().retry_after)
    there = wired.api.count("interactions")
    assert record.send(wired.api.gateway(), "k").status == 200
    assert wired.api.count("interactions") == there + 1


def test_the_budgets_fit_into_each_other() -> None:
    """A last attempt begins just before a request's time is over; function and gateway wait for its end."""
    prompt: Any = storage_clients._PROMPT
    attempt = prompt.connect_timeout + prompt.read_timeout
    most_waited_between = 2 ** (prompt.retries["total_max_attempts"] - 2)
    latest = lambda_handler.STORAGE_SECONDS + max(attempt, most_waited_between)
    for function in ("InteractionsFunction", "AlertsFunction"):
        limit = template()["Resources"][function]["Properties"]["Timeout"]
        assert latest + 3 <= limit < 30, "three seconds are left for what is not storage"
        assert latest + deadline.MOST_UNCOUNTED <= limit


def test_a_bound_inside_of_another() -> None:
    check()
    with within(60), within(0), pytest.raises(DeadlinePassed):
        check()
    with within(0):
        with within(60), pytest.raises(DeadlinePassed):
            check()
        with pytest.raises(DeadlinePassed):
            check()
    check()


def test_measuring_is_not_held_against_storage(monkeypatch: pytest.MonkeyPatch) -> None:
    with within(0.05):
        with uncounted():
            time.sleep(0.1)
        check()
    monkeypatch.setattr(deadline, "MOST_UNCOUNTED", 0.01)
    with within(0.05):
        with uncounted():
            time.sleep(0.1)
        with pytest.raises(DeadlinePassed):
            check()


def test_a_text_that_takes_long_to_measure_is_recorded(wired: Wired, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(given: str, answered: str) -> dict[str, float]:
        time.sleep(1.0)
        return measure(given, answered)

    monkeypatch.setattr(lambda_handler, "STORAGE_SECONDS", 0.9)
    monkeypatch.setattr(recording, "measure", slow)
    pair = {"input_text": "How long?", "output_text": "A while."}
    assert wired.api.gateway().post("/api/interactions", pair).status == 200


def test_work_for_a_request_is_bound_with_it() -> None:
    workers = storage_clients._workers()
    with within(0):
        late = workers.submit(check)
        assert isinstance(late.exception(), DeadlinePassed)
        assert re.fullmatch("storage_.*", next(iter(workers._threads)).name)
    assert workers.submit(check).exception() is None
    workers.shutdown()
