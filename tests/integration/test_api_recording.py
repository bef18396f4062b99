"""What recording promises where things go wrong, run twice or happen at once: through the API, on real tables."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from plumbline.storage.baselines import BaselineStore

from tests.support import faults
from tests.support.gateway import Answer, Clock, Gateway, services
from tests.support.tables import scan

if TYPE_CHECKING:
    from collections.abc import Callable

    from plumbline.http.services import Services
    from plumbline.settings import Settings
    from plumbline.storage.clients import Clients

    from tests.support.tables import Stack

PAIR = {"input_text": "Why?", "output_text": "Because."}
BUSY = (
    "ProvisionedThroughputExceededException",
    "InternalServerError",
    "ThrottlingException",
    "RequestLimitExceeded",
)


@pytest.fixture
def inline(stack: Stack) -> Settings:
    return stack.settings(baseline_updates="inline", baseline_refresh_seconds=0)


def kept(clients: Clients, stack: Stack) -> list[dict[str, Any]]:
    return [item for item in scan(clients, stack.interactions) if "at" in item]


def failing_at(number: int, act: Callable[[], Any]) -> faults.Faults:
    return faults.Faults(lambda call_number, call: act() if call_number >= number else call())


def throttle() -> Any:
    raise faults.error("ProvisionedThroughputExceededException", 400)


class TestStorageDown:
    @pytest.mark.parametrize("mode", ["stream", "inline"])
    @pytest.mark.parametrize("key", [None, "k-1"])
    def test_whichever_call_fails_the_answer_is_503_and_nothing_is_kept(
        self, clients: Clients, stack: Stack, clock: Clock, mode: str, key: str | None
    ) -> None:
        settings = stack.settings(baseline_updates=mode, baseline_refresh_seconds=0)
        headers = {} if key is None else {"idempotency_key": key}
        for number in range(1, 50):
            broken = failing_at(number, throttle)
            api = Gateway(services(broken.wrap(clients), settings, clock))
            answer = api.post("/api/interactions", PAIR, **headers)
            if answer.status == 200:
                break
            assert (answer.status, answer.headers["retry-after"], answer.data) == (503, "1", [])
            assert kept(clients, stack) == []
            assert [item for item in scan(clients, stack.baselines) if "sketches" in item] == []
        else:
            pytest.fail("it never succeeded")
        assert number > 2
        assert len(kept(clients, stack)) == 1

    @pytest.mark.parametrize("code", BUSY)
    @pytest.mark.parametrize(
        "path",
        [
            "/api/interactions",
            "/api/interactions/1",
            "/api/alerts",
            "/api/alerts?interaction_id=1",
            "/api/imports",
        ],
    )
    def test_reading_says_so_too(self, clients: Clients, stack: Stack, clock: Clock, code: str, path: str) -> None:
        def fail() -> Any:
            raise faults.error(code, 400)

        api = Gateway(services(failing_at(1, fail).wrap(clients), stack.settings(), clock))
        address, _, query = path.partition("?")
        answer = api.get(address, query)
        assert (answer.status, answer.headers["retry-after"]) == (503, "1")


class TestTwiceAndKilled:
    @pytest.mark.parametrize("mode", ["stream", "inline"])
    def test_every_call_sent_twice_keeps_one_interaction(
        self, clients: Clients, stack: Stack, clock: Clock, mode: str
    ) -> None:
        settings = stack.settings(baseline_updates=mode, baseline_refresh_seconds=0)
        api = Gateway(services(faults.sent_twice().wrap(clients), settings, clock))
        assert api.post("/api/interactions", PAIR).status == 200
        assert api.post("/api/interactions", PAIR, idempotency_key="k").status == 200
        assert len(kept(clients, stack)) == 2
        assert counted(clients, stack, clock) == (2 if mode == "inline" else 0)

    @pytest.mark.parametrize("mode", ["stream", "inline"])
    def test_a_request_killed_anywhere_is_safe_to_send_again(
        self,
        clients: Clients,
        stack: Stack,
        clock: Clock,
        mode: str,
    ) -> None:
        settings = stack.settings(baseline_updates=mode, baseline_refresh_seconds=0)
        for number in range(1, 9):
            key = f"key-{number}"
            killed = services(faults.killed_before(number).wrap(clients), settings, clock)
            with suppress(faults.Killed):
                record(killed, key)
            answer = Gateway(services(clients, settings, clock)).post(
                "/api/interactions", PAIR, idempotency_key=key
            )
            assert answer.status == 200
            assert len(kept(clients, stack)) == number
            assert counted(clients, stack, clock) == (number if mode == "inline" else 0)


def record(with_services: Services, key: str) -> None:
    """What the route does, without the server around it that would survive a kill."""
    from plumbline.http.requests import InteractionBody
    from plumbline.http.routes.interactions import _digest, _new_interaction
    from plumbline.retention import FOR_EVER
    from plumbline.storage.idempotency import Idempotency

    body = InteractionBody.model_validate(PAIR)
    new = _new_interaction(body, with_services.clock(), FOR_EVER)
    with_services.recorder.record(new, Idempotency(key, _digest(body)))


def counted(clients: Clients, stack: Stack, clock: Clock) -> int:
    """How many interactions the day's baseline holds."""
    sketches = BaselineStore(clients, stack.baselines).read_day(clock().strftime("%Y-%m-%d"))
    sketch = sketches.get("output.length")
    return 0 if sketch is None else sketch.count


class TestInline:
    def test_an_outlier_is_found_once_enough_is_known(
        self, clients: Clients, inline: Settings, clock: Clock
    ) -> None:
        api = Gateway(services(clients, inline, clock))
        for number in range(40):
            answer = api.post(
                "/api/interactions", {"input_text": "q" * (20 + number % 7), "output_text": "ok then"}
            )
            assert answer.data["alerts"] == []
        alerts = api.post("/api/interactions", {"input_text": "q" * 9000, "output_text": "ok then"}).data["alerts"]
        (outlier,) = [one for one in alerts if one["alert_type"] == "outlier" and one["metric"] == "length"]
        assert (outlier["element"], outlier["metric_value"], outlier["direction"]) == ("input", 9000, "above")
        assert outlier["baseline"]["count"] == 40, "a value is judged before it is counted"
        assert outlier["bound"] == outlier["baseline"]["upper_fence"] < 9000
        (listed,) = api.get("/api/alerts", {"alert_type": "outlier", "metric": "length"}).data
        assert listed == outlier

    def test_callers_metrics_are_judged_like_plumblines(
        self, clients: Clients, inline: Settings, clock: Clock
    ) -> None:
        api = Gateway(services(clients, inline, clock))
        for number in range(40):
            api.post("/api/interactions", {**PAIR, "metrics": {"latency_ms": 800 + number}})
        alerts = api.post("/api/interactions", {**PAIR, "metrics": {"latency_ms": 90_000}}).data["alerts"]
        assert [(one["metric"], one["alert_type"]) for one in alerts] == [("latency_ms", "outlier")]

    def test_requests_at_once_are_all_kept_and_all_counted(
        self, clients: Clients, stack: Stack, inline: Settings, clock: Clock
    ) -> None:
        answers: list[Answer] = []
        together = faults.in_turn(clients)

        def post(number: int) -> None:
            api = Gateway(services(together, inline, clock))
            for _ in range(4):
                answers.append(api.post("/api/interactions", PAIR))  # noqa: PERF401 - each as it comes

        threads = [threading.Thread(target=post, args=[number]) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        made = [answer.data["id"] for answer in answers if answer.status == 200]
        assert {answer.status for answer in answers} <= {200, 503}
        assert len(made) >= 8
        assert sorted(made) == sorted(int(item["id"]["N"]) for item in kept(clients, stack))
        assert counted(clients, stack, clock) == len(made)

    def test_a_key_used_at_once_makes_one_interaction(
        self, clients: Clients, stack: Stack, inline: Settings, clock: Clock
    ) -> None:
        answers: list[Answer] = []
        start = threading.Barrier(4)
        together = faults.in_turn(clients)

        def post() -> None:
            api = Gateway(services(together, inline, clock))
            start.wait()
            answers.append(api.post("/api/interactions", PAIR, idempotency_key="k"))

        threads = [threading.Thread(target=post) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert {answer.status for answer in answers} <= {200, 503}
        assert len({answer.data["id"] for answer in answers if answer.status == 200}) == 1
        assert len(kept(clients, stack)) == counted(clients, stack, clock) == 1
