"""``/api/interactions``, through the gateway's own events, on real tables."""

from __future__ import annotations

import json
import random
import uuid
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.gateway import LAMBDA_LIMIT, Answer, Gateway, services
from tests.support.tables import scan

if TYPE_CHECKING:
    from plumbline.storage.clients import Clients

    from tests.support.gateway import Clock
    from tests.support.tables import Stack

PAIR = {"input_text": "Why?", "output_text": "Because."}


def test_an_interaction_is_recorded_with_its_measurements_and_alerts(api: Gateway) -> None:
    answer = api.post(
        "/api/interactions",
        {
            "input_text": "Why?",
            "output_text": "x" * 120,
            "metadata": {"model": "small-1"},
            "metrics": {"latency_ms": 812, "input.tokens": 2.5},
        },
    )
    assert answer.status == 200
    assert answer.message == "Interaction created successfully"
    measured = answer.data["metrics"]
    expected = {
        "input.length": 4,
        "input.words": 1,
        "output.length": 120,
        "output.words": 1,
        "output.compression_ratio": pytest.approx(0.1, abs=0.05),
        "output.latency_ms": 812,
        "input.tokens": 2.5,
    }
    assert {name: measured[name] for name in expected} == expected
    assert answer.data == {
        "id": 1,
        "input": "Why?",
        "output": "x" * 120,
        "created_at": "2026-03-04T05:06:07.890123Z",
        "metrics": measured,
        "alerts": [
            {
                "id": answer.data["alerts"][0]["id"],
                "interaction_id": 1,
                "alert_type": "threshold",
                "severity": "warning",
                "element": "output",
                "metric": "length",
                "metric_value": 120,
                "created_at": "2026-03-04T05:06:07.890123Z",
                "direction": "above",
                "bound": 100,
                "explanation": "output.length 120 is above its threshold of 100",
                "baseline": None,
            }
        ],
        "metadata": {"model": "small-1"},
        "expires_at": None,
    }
    assert b'"output.length":120,' in answer.body, "whole numbers are written without a point"
    read = api.get("/api/interactions/1")
    assert (read.status, read.message, read.data) == (200, "Interaction fetched successfully", answer.data)


@pytest.mark.parametrize(
    "text", ["", " ", "\t\r\n", "\u0001\x7f", "é" * 99, "\U0001d518😀\u200d", '"\\', "\ufeff"]
)
def test_any_text_is_kept_as_it_is(api: Gateway, text: str) -> None:
    answer = api.post("/api/interactions", {"input_text": text, "output_text": text})
    assert answer.status == 200
    read = api.get(f"/api/interactions/{answer.data['id']}").data
    assert (read["input"], read["output"], read["alerts"]) == (text, text, [])
    assert read["metrics"]["input.length"] == len(text)


def test_an_interaction_may_have_happened_earlier(api: Gateway) -> None:
    answer = api.post("/api/interactions", {**PAIR, "created_at": "2025-12-31T23:30:00.5-01:00"})
    assert answer.data["created_at"] == "2026-01-01T00:30:00.500000Z"


def test_what_is_null_was_left_out(api: Gateway) -> None:
    answer = api.post("/api/interactions", {**PAIR, "metadata": None, "metrics": None, "created_at": None})
    assert (answer.status, answer.data["metadata"]) == (200, {})
    assert answer.data["created_at"] == "2026-03-04T05:06:07.890123Z"


def test_the_threshold_is_the_configured_one(clients: Clients, stack: Stack, clock: Clock) -> None:
    api = Gateway(services(clients, stack.settings(alert_threshold=4), clock))
    assert api.post("/api/interactions", {"input_text": "1234", "output_text": ""}).data["alerts"] == []
    (alert,) = api.post("/api/interactions", {"input_text": "12345", "output_text": ""}).data["alerts"]
    assert (alert["element"], alert["metric_value"], alert["bound"]) == ("input", 5, 4)


def test_listing_goes_newest_first_through_every_page(api: Gateway, clock: Clock) -> None:
    for number in range(7):
        clock.pass_time(seconds=1)
        api.post("/api/interactions", {**PAIR, "input_text": f"question {number}"})
    pages = walk(api, "/api/interactions", limit=3)
    assert [len(page.data) for page in pages] == [3, 3, 1]
    assert [one["id"] for page in pages for one in page.data] == [7, 6, 5, 4, 3, 2, 1]
    assert {page.message for page in pages} == {"Interactions fetched successfully"}
    assert "next_cursor" not in pages[-1].json


def test_paging_neither_skips_nor_repeats_while_new_ones_arrive(api: Gateway, clock: Clock) -> None:
    for _ in range(6):
        clock.pass_time(seconds=1)
        api.post("/api/interactions", PAIR)

    def arrive() -> None:
        clock.pass_time(seconds=1)
        api.post("/api/interactions", PAIR)

    pages = walk(api, "/api/interactions", limit=2, between=arrive)
    assert [one["id"] for page in pages for one in page.data] == [6, 5, 4, 3, 2, 1]


def test_a_page_has_twenty_unless_asked_otherwise(api: Gateway) -> None:
    for _ in range(21):
        api.post("/api/interactions", PAIR)
    assert len(api.get("/api/interactions").data) == 20
    assert len(api.get("/api/interactions", {"limit": 100}).data) == 21


def test_nothing_there_is_an_empty_page(api: Gateway) -> None:
    assert api.get("/api/interactions").json == {
        "success": True,
        "data": [],
        "message": "Interactions fetched successfully",
    }


class TestIdempotencyKey:
    def test_the_same_request_again_answers_the_same_interaction(
        self, api: Gateway, clients: Clients, stack: Stack
    ) -> None:
        key = str(uuid.uuid4())
        first = api.post("/api/interactions", PAIR, idempotency_key=key)
        reordered = dict(reversed([*PAIR.items(), ("metadata", None)]))
        second = api.post("/api/interactions", reordered, idempotency_key=key)
        assert second.json == first.json
        assert "idempotent-replayed" not in first.headers
        assert second.headers["idempotent-replayed"] == "true"
        assert count(clients, stack) == 1

    def test_another_request_with_the_same_key_is_refused(
        self, api: Gateway, clients: Clients, stack: Stack
    ) -> None:
        api.post("/api/interactions", PAIR, idempotency_key="k-1")
        answer = api.post("/api/interactions", {**PAIR, "output_text": "No."}, idempotency_key="k-1")
        assert (answer.status, answer.fields) == (422, ["header.idempotency-key"])
        assert count(clients, stack) == 1

    def test_without_a_key_every_request_counts(self, api: Gateway, clients: Clients, stack: Stack) -> None:
        for _ in range(2):
            api.post("/api/interactions", PAIR)
        assert count(clients, stack) == 2

    def test_a_key_is_forgotten_after_a_day(
        self, api: Gateway, clock: Clock, clients: Clients, stack: Stack
    ) -> None:
        api.post("/api/interactions", PAIR, idempotency_key="k-1")
        clock.pass_time(hours=23, minutes=59)
        assert api.post("/api/interactions", PAIR, idempotency_key="k-1").data["id"] == 1
        clock.pass_time(minutes=2)
        assert api.post("/api/interactions", PAIR, idempotency_key="k-1").data["id"] == 2

    @pytest.mark.parametrize("key", ["", " ", "k" * 256, "a b", "ä"])
    def test_a_key_must_be_one(self, api: Gateway, key: str) -> None:
        answer = api.post("/api/interactions", PAIR, idempotency_key=key)
        assert (answer.status, answer.fields) == (422, ["header.idempotency-key"])

    def test_the_longest_key_is_taken(self, api: Gateway) -> None:
        assert api.post("/api/interactions", PAIR, idempotency_key="~" * 255).status == 200


class TestLargeTexts:
    @pytest.mark.parametrize("length", [1, 1_000, 390_000, 410_000, 5_000_000])
    def test_texts_of_any_length_come_back_whole(self, api: Gateway, length: int) -> None:
        text = ("The quick brown fox jumps over the lazy dog. " * (length // 45 + 1))[:length]
        answer = api.post("/api/interactions", {"input_text": "q", "output_text": text})
        assert (answer.status, answer.data["output"]) == (200, text)
        assert api.get(f"/api/interactions/{answer.data['id']}").data["output"] == text
        assert api.get("/api/interactions").data[0]["output"] == text

    @pytest.mark.parametrize("alphabet", ["printable", "quotes"])
    def test_the_largest_request_gets_an_answer_that_lambda_can_give(self, api: Gateway, alphabet: str) -> None:
        body = json.dumps({"input_text": "", "output_text": (text := fill(alphabet))}, ensure_ascii=False).encode()
        assert 6_100_000 < len(body) <= 6_200_000
        json_type = {"content-type": "application/json"}
        answer = api.send("POST", "/api/interactions", headers=json_type, body=body)
        assert (answer.status, answer.data["output"] == text) == (200, True)
        assert answer.wire_bytes <= LAMBDA_LIMIT
        read = api.get("/api/interactions/1", accept_encoding="identity")
        assert (read.status, read.data["output"] == text) == (200, True)
        assert read.wire_bytes <= LAMBDA_LIMIT

    def test_pages_of_long_texts_are_cut_short_and_go_on(self, api: Gateway, clock: Clock) -> None:
        for _ in range(5):
            clock.pass_time(seconds=1)
            api.post("/api/interactions", {"input_text": "", "output_text": "word " * 300_000})
        pages = walk(api, "/api/interactions", limit=5)
        assert [one["id"] for page in pages for one in page.data] == [5, 4, 3, 2, 1]
        assert len(pages) > 1
        assert all(page.wire_bytes <= LAMBDA_LIMIT for page in pages)


def walk(api: Gateway, path: str, between: Any = lambda: None, **query: Any) -> list[Answer]:
    """All pages of a listing."""
    pages = [api.get(path, query)]
    while cursor := pages[-1].json.get("next_cursor"):
        between()
        pages.append(api.get(path, {**query, "cursor": cursor}))
        assert pages[-1].status == 200
    return pages


def count(clients: Clients, stack: Stack) -> int:
    """How many interactions the table holds."""
    return sum("at" in item for item in scan(clients, stack.interactions))


def fill(alphabet: str) -> str:
    """As long a text as a request can hold, and as hard to compress as its alphabet allows."""
    letters = {
        "printable": "".join(map(chr, range(35, 127))).replace("\\", ""),
        "quotes": '"\\',
    }[alphabet]
    bytes_a_letter = (len(json.dumps(letters, ensure_ascii=False).encode()) - 2) / len(letters)
    return "".join(random.Random(1).choices(letters, k=int(6_150_000 / bytes_a_letter)))
