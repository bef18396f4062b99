"""The local stack stopped, killed and deployed anew under load: what was acknowledged is there once."""

from __future__ import annotations

import signal
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.support.loading import Load

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from tests.support.local_stack import LocalStack

CLIENTS = 2
SAVED_WITHIN_SECONDS = 300
"""The local AWS saves every 15 s while it changes, and less often where saving takes long."""


@contextmanager
def under_load(stack: LocalStack, load: Load) -> Iterator[None]:
    """Clients post without a pause, and send again what is not acknowledged; the load is checked at the end."""
    load.interrupted = True
    enough = threading.Event()
    problems: list[BaseException] = []

    def client(number: int) -> None:
        turn = 0
        try:
            with stack.http() as http:
                while not enough.is_set():
                    load.post(http, f"{number}-{turn}")
                    turn += 1
        except BaseException as problem:  # noqa: BLE001 - reported below
            problems.append(problem)

    clients = [threading.Thread(target=client, args=[number]) for number in range(CLIENTS)]
    for one in clients:
        one.start()
    try:
        until_acknowledged(load, 8)
        yield
        until_acknowledged(load, 8)
    finally:
        enough.set()
        for one in clients:
            one.join()
    assert problems == []
    load.check(stack)


def until_acknowledged(load: Load, more: int) -> None:
    wanted, until = len(load.acknowledged) + more, time.monotonic() + 120
    while len(load.acknowledged) < wanted:
        assert time.monotonic() < until, "nothing is acknowledged"
        time.sleep(0.05)


def test_stopped_killed_and_deployed_anew(fresh_stack: LocalStack) -> None:
    stack = fresh_stack
    load = Load()
    with under_load(stack, load):
        stack.stop(signal.SIGTERM)
        stack.start()
    assert load.unanswered > 0, "nobody noticed"
    load = two_deployments(stack, load)
    killed(stack, load)


def two_deployments(stack: LocalStack, before: Load) -> Load:
    """Deployed as it is, and with a changed parameter: no data is touched, and the same ids go on."""
    with stack.http() as http:
        assert threshold_alerts(http) == 0
    load = Load()
    with under_load(stack, load):
        stack.deploy()
        stack.deploy(AlertThreshold="40")
    before.check(stack)
    ids, earlier = set(load.acknowledged.values()), set(before.acknowledged.values())
    assert not ids & earlier
    assert max(ids) > max(earlier)
    with stack.http() as http:
        assert threshold_alerts(http) == 1
    return load


def threshold_alerts(http: httpx.Client) -> int:
    """How many alerts a text of 41 characters raises for its length."""
    sent = http.post("/api/interactions", json={"input_text": "a b" * 13 + "ab", "output_text": "Yes."})
    return sum(alert["alert_type"] == "threshold" for alert in sent.json()["data"]["alerts"])


def killed(stack: LocalStack, load: Load) -> None:
    """Killed without a warning: what was acknowledged before the last save is there, and nothing by halves."""
    state = stack.state / "services"
    acknowledged, until = time.time(), time.monotonic() + SAVED_WITHIN_SECONDS
    while max(file.stat().st_mtime for file in state.rglob("*") if file.is_file()) <= acknowledged:
        assert time.monotonic() < until, "nothing was saved"
        time.sleep(0.5)
    time.sleep(1)  # the save is whole
    kept = dict(load.acknowledged)
    with stack.http() as http:
        for number in range(5):
            load.post(http, f"after-{number}")
    stack.crash()
    stack.start()
    found = load.found(stack)
    assert {number: key for key, number in kept.items()}.items() <= found.items()
    lost = [key for key in load.acknowledged if key not in found.values()]
    assert all(key.startswith("after-") for key in lost)
    # Whoever sends everything again has everything once.
    load.acknowledged.clear()
    with stack.http() as http:
        for key in [*kept, *(f"after-{number}" for number in range(5))]:
            load.post(http, key)
    assert {key: load.acknowledged[key] for key in kept} == kept
    load.check(stack)
