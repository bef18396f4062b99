"""``/api/alerts``: filters, paging and evidence."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from plumbline.models import Finding
from plumbline.storage.interactions import InteractionStore

from tests.support.interactions import EPOCH, OUTLIER, THRESHOLD, interaction

if TYPE_CHECKING:
    from plumbline.storage.clients import Clients

    from tests.support.gateway import Clock, Gateway
    from tests.support.tables import Stack

SHORT = Finding(5, "threshold", "input", "length", 101.0, "above", 100.0, severity="critical")
KINDS = [(THRESHOLD,), (OUTLIER,), (THRESHOLD, OUTLIER), (), (SHORT, THRESHOLD)]
"""What interactions 1, 2, 3, … raise, over and over; number n happened n seconds after EPOCH."""


@pytest.fixture
def store(clients: Clients, stack: Stack) -> InteractionStore:
    kept = InteractionStore(clients, stack.interactions, stack.bucket)
    kept.put_batch([interaction(n + 1, findings=KINDS[n % len(KINDS)]) for n in range(20)])
    return kept


def seconds(number: int) -> str:
    return (EPOCH + timedelta(seconds=number)).isoformat()


def every(api: Gateway, limit: int = 100, **query: Any) -> list[dict[str, Any]]:
    """All alerts that match, through all pages."""
    found: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        page = api.get("/api/alerts", {"limit": limit, **query, **cursor})
        assert (page.status, page.message) == (200, "Alerts fetched successfully")
        assert len(page.data) <= limit
        found += page.data
        if "next_cursor" not in page.json:
            return found
        cursor = {"cursor": page.json["next_cursor"]}


def test_an_alert_shows_its_evidence(api: Gateway, store: InteractionStore) -> None:
    (alert,) = every(api, interaction_id=2)
    assert alert == {
        "id": 2012,
        "interaction_id": 2,
        "alert_type": "outlier",
        "severity": "warning",
        "element": "input",
        "metric": "words",
        "metric_value": 4000,
        "created_at": "2026-01-02T03:04:07.678901Z",
        "direction": "above",
        "bound": 812.5,
        "explanation": (
            "input.words 4,000 is far above its median of 40 (of 20,113 values; 1 in 20,000 is this high)"
        ),
        "baseline": {
            "median": 40.5,
            "lower_fence": None,
            "upper_fence": 812.5,
            "count": 20113,
            "z": 7.25,
            "tail": 0.00005,
            "p5": None,
            "p95": None,
        },
    }


def test_alerts_that_were_kept_before_there_were_severities_are_warnings(
    api: Gateway, store: InteractionStore, clients: Clients, stack: Stack
) -> None:
    item = clients.dynamodb.get_item(TableName=stack.interactions, Key={"id": {"N": "1"}})["Item"]
    assert "severity" not in item["alerts"]["L"][0]["M"]
    assert [alert["severity"] for alert in every(api, interaction_id=1)] == ["warning"]
    assert [alert["severity"] for alert in every(api, interaction_id=5)] == ["warning", "critical"]


def test_alerts_are_newest_first_then_by_rule(api: Gateway, store: InteractionStore) -> None:
    alerts = every(api)
    assert len(alerts) == 24
    assert [one["interaction_id"] for one in alerts][:6] == [20, 20, 18, 18, 17, 16]
    assert [one["metric"] for one in alerts][:4] == ["length", "length", "length", "words"]


@pytest.mark.parametrize("limit", [1, 2, 7, 24])
def test_every_size_of_page_shows_the_same(api: Gateway, store: InteractionStore, limit: int) -> None:
    assert every(api, limit=limit) == every(api)


@pytest.mark.parametrize(
    "query",
    [
        {"alert_type": "threshold"},
        {"alert_type": "outlier"},
        {"severity": "critical"},
        {"severity": "warning", "element": "output"},
        {"severity": "info"},
        {"element": "input"},
        {"element": "output"},
        {"metric": "length"},
        {"metric": "words"},
        {"metric": "nothing"},
        {"interaction_id": 3},
        {"interaction_id": 4},
        {"interaction_id": 999},
        {"since": seconds(10)},
        {"until": seconds(10)},
        {"since": seconds(5), "until": seconds(8)},
        {"since": seconds(5), "until": seconds(5)},
        {"alert_type": "threshold", "element": "input", "metric": "length", "since": seconds(6)},
        {"interaction_id": 3, "alert_type": "outlier", "until": seconds(4)},
        {"interaction_id": 3, "since": seconds(4)},
    ],
    ids=str,
)
def test_filters_leave_what_matches_all_of_them(
    api: Gateway, store: InteractionStore, query: dict[str, Any]
) -> None:
    def matches(alert: dict[str, Any]) -> bool:
        number = alert["interaction_id"]
        since, until = query.get("since"), query.get("until")
        return (
            all(alert[name] == wanted for name, wanted in query.items() if name not in ("since", "until"))
            and (since is None or seconds(number) >= since)
            and (until is None or seconds(number) < until)
        )

    expected = [alert for alert in every(api) if matches(alert)]
    assert every(api, **query) == expected
    assert every(api, limit=1, **query) == expected


def test_an_offset_that_was_not_escaped_is_understood(api: Gateway, store: InteractionStore) -> None:
    plain = api.get("/api/alerts", "since=2026-01-02T04:04:25%2B01:00").data
    assert len(plain) == 2
    assert api.get("/api/alerts", "since=2026-01-02T04:04:25+01:00").data == plain
    assert api.get("/api/alerts", "since=2026-01-02T03:04:25z").data == plain


def test_paging_neither_skips_nor_repeats_while_alerts_arrive(api: Gateway, store: InteractionStore) -> None:
    before = every(api)
    seen: list[dict[str, Any]] = []
    query: dict[str, Any] = {"limit": 5}
    number = 100
    while True:
        page = api.get("/api/alerts", query)
        seen += page.data
        if "next_cursor" not in page.json:
            break
        query["cursor"] = page.json["next_cursor"]
        number += 1
        store.put(interaction(number, findings=(THRESHOLD, OUTLIER)))
    assert seen == before


def test_a_cursor_is_good_only_for_its_own_filters(api: Gateway, store: InteractionStore) -> None:
    cursor = api.get("/api/alerts", {"limit": 1, "element": "output"}).json["next_cursor"]
    assert api.get("/api/alerts", {"limit": 50, "element": "output", "cursor": cursor}).status == 200
    for query in (
        {},
        {"element": "input"},
        {"element": "output", "metric": "length"},
        {"element": "output", "since": seconds(0)},
    ):
        answer = api.get("/api/alerts", {**query, "cursor": cursor})
        assert (answer.status, answer.fields) == (400, ["query.cursor"])
    assert api.get("/api/interactions", {"cursor": cursor}).status == 400
    assert api.get("/api/imports", {"cursor": cursor}).status == 400


def test_a_cursor_knows_equal_filters_however_they_are_written(api: Gateway, store: InteractionStore) -> None:
    cursor = api.get("/api/alerts", "limit=1&since=2026-01-02T03:04:05Z").json["next_cursor"]
    assert api.get("/api/alerts", f"since=2026-01-02T04:04:05%2B01:00&cursor={cursor}").status == 200


def test_a_cursor_is_good_for_a_day(api: Gateway, store: InteractionStore, clock: Clock) -> None:
    cursor = api.get("/api/alerts", {"limit": 1}).json["next_cursor"]
    clock.pass_time(hours=24)
    assert api.get("/api/alerts", {"cursor": cursor}).status == 200
    clock.pass_time(seconds=2)
    answer = api.get("/api/alerts", {"cursor": cursor})
    assert (answer.status, answer.fields) == (400, ["query.cursor"])
    assert "24 hours" in answer.message


def test_a_rare_kind_is_found_behind_many_others(api: Gateway, store: InteractionStore) -> None:
    store.put_batch([interaction(n, findings=(THRESHOLD,)) for n in range(1000, 2100)])
    rare = replace(THRESHOLD, metric="rare")
    store.put(interaction(999, findings=(rare,)))
    assert [one["interaction_id"] for one in every(api, metric="rare")] == [999]


def test_alerts_of_a_request_are_the_alerts_listed(api: Gateway) -> None:
    made = api.post("/api/interactions", {"input_text": "i" * 101, "output_text": "o" * 500}).data["alerts"]
    assert [one["element"] for one in made] == ["input", "output"]
    assert every(api) == made
    assert every(api, interaction_id=1) == made
