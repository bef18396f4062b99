"""The fold on a real table: killed at every call, called from many threads, and by the handler."""

from __future__ import annotations

import json
import random
import secrets
import threading
from importlib import util
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from plumbline.baselines import Sketches
from plumbline.errors import Unavailable
from plumbline.folding import RANGE_BITS, Folder
from plumbline.storage.baselines import BaselineStore

from tests.support import faults
from tests.support.faults import Killed
from tests.support.interactions import interaction
from tests.support.stream import DAY, record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from plumbline.storage.clients import Clients

    from tests.support.faults import Faults
    from tests.support.tables import Stack

APP = Path(__file__).parents[2] / "functions" / "baselines" / "app.py"


def records(numbers: Iterable[int]) -> list[dict[str, Any]]:
    return [
        record(interaction(number, metrics={"output.length": float(number % 11)}), at=DAY + (number % 2) * 86_400)
        for number in numbers
    ]


def counts(clients: Clients, stack: Stack) -> dict[str, int]:
    store = BaselineStore(clients, stack.baselines)
    days = {}
    for day in ("2026-01-02", "2026-01-03"):
        sketch = store.read_day(day).get("output.length")
        days[day] = sketch.count if sketch else 0
    return days


def folder(clients: Clients, stack: Stack) -> Folder:
    return Folder(BaselineStore(clients, stack.baselines), sleep=lambda _: None)


BATCH = records([*range(1, 40), *range((1 << RANGE_BITS) - 5, (1 << RANGE_BITS) + 5)])


@pytest.mark.parametrize("killed", [faults.killed_before, faults.killed_after])
def test_killed_at_every_call(clients: Clients, stack: Stack, killed: Callable[[int], Faults]) -> None:
    plain = faults.counting()
    folder(plain.wrap(clients), stack).fold(BATCH)
    whole = counts(clients, stack)
    assert sum(whole.values()) == len(BATCH)
    assert plain.calls == 8  # two days, two ranges of ids, a read and a write each
    for cut in range(1, plain.calls + 1):
        for item in faults_free_rows(clients, stack):
            clients.dynamodb.delete_item(TableName=stack.baselines, Key=item)
        with pytest.raises(Killed):
            folder(killed(cut).wrap(clients), stack).fold(BATCH)
        folder(clients, stack).fold(BATCH[:20])
        folder(clients, stack).fold(BATCH[20:])
        assert counts(clients, stack) == whole


def faults_free_rows(clients: Clients, stack: Stack) -> list[Any]:
    items = clients.dynamodb.scan(TableName=stack.baselines, ConsistentRead=True)["Items"]
    return [{"day": item["day"], "writer": item["writer"]} for item in items]


def test_every_answer_lost_and_the_call_sent_again(clients: Clients, stack: Stack) -> None:
    folded = folder(faults.sent_twice().wrap(clients), stack).fold(BATCH)
    assert folded.counted == len(BATCH)
    assert sum(counts(clients, stack).values()) == len(BATCH)


def test_throttled_now_and_then(clients: Clients, stack: Stack) -> None:
    chance = random.Random(5)

    def throttle(number: int, call: Callable[[], Any]) -> Any:
        if chance.random() < 0.3:
            raise faults.error("ProvisionedThroughputExceededException", 400)
        return call()

    throttled = folder(faults.Faults(throttle).wrap(clients), stack)
    for _ in range(50):
        try:
            throttled.fold(BATCH)
        except Unavailable:
            continue
        break
    assert sum(counts(clients, stack).values()) == len(BATCH)


def test_many_writers_at_once(clients: Clients, stack: Stack) -> None:
    if "amazonaws" in clients.dynamodb.meta.endpoint_url:
        pytest.skip("moto's conditions do not hold between threads")
    batches = [BATCH[start : start + 15] for start in range(0, len(BATCH), 10)]
    errors: list[BaseException] = []

    def fold(mine: list[list[dict[str, Any]]]) -> None:
        try:
            for batch in mine:
                Folder(BaselineStore(clients, stack.baselines)).fold(batch)
        except BaseException as error:  # noqa: BLE001
            errors.append(error)

    threads = [threading.Thread(target=fold, args=(batches[shift:] + batches[:shift],)) for shift in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert sum(counts(clients, stack).values()) == len(BATCH)


@pytest.fixture
def handle(clients: Clients, stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], Any]:
    # A logger of its own: one that an earlier test made writes to that test's output.
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", secrets.token_hex(4))
    spec = util.spec_from_file_location("baselines_app", APP)
    assert spec is not None
    assert spec.loader is not None
    app = util.module_from_spec(spec)
    spec.loader.exec_module(app)
    handler = app.BaselinesHandler(stack.settings(), clients)
    context = SimpleNamespace(
        function_name="baselines",
        memory_limit_in_mb=512,
        invoked_function_arn="arn",
        aws_request_id="request",
    )
    return lambda event: handler(event, context)


def test_the_handler_folds_a_batch_and_says_how_many(
    handle: Callable[[Any], Any], clients: Clients, stack: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = record(interaction(99, input="secret question"))
    del broken["dynamodb"]["NewImage"]["metrics"]
    event = {"Records": [*BATCH, broken]}
    assert handle(event) == {"batchItemFailures": []}
    assert handle(event) == {"batchItemFailures": []}
    assert sum(counts(clients, stack).values()) == len(BATCH)
    output = capsys.readouterr().out
    lines = [json.loads(line) for line in output.splitlines()]
    assert [line["InteractionsFolded"] for line in lines if "InteractionsFolded" in line] == [[len(BATCH)], [0.0]]
    assert [line["level"] for line in lines if line.get("message") == "record passed over"] == ["ERROR"] * 2
    assert "secret" not in output


def test_the_handler_fails_where_storage_does_so_that_the_batch_comes_again(
    stack: Stack, clients: Clients
) -> None:
    def refuse(number: int, call: Callable[[], Any]) -> Any:
        raise faults.error("InternalServerError", 500)

    with pytest.raises(Unavailable):
        folder(faults.Faults(refuse).wrap(clients), stack).fold(BATCH)
    assert sum(counts(clients, stack).values()) == 0


def test_sketches_and_set_are_one_item(clients: Clients, stack: Stack) -> None:
    folder(clients, stack).fold(records(range(2, 10, 2)))
    write = BaselineStore(clients, stack.baselines).load("2026-01-02", "ids-0000000000")
    assert write is not None
    assert write.version == 1
    expected = Sketches()
    for number in range(2, 10, 2):
        expected.add({"output.length": float(number % 11)})
    assert write.sketches == expected
