"""``/api/metrics``: what each series looks like, in all and by day."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from plumbline.alerts import parse_rules
from plumbline.baselines import Sketches
from plumbline.metrics import METRICS, SERIES
from plumbline.storage.baselines import BaselineStore, BaselineWrite

from tests.support import faults
from tests.support.gateway import NOW, Clock, Gateway, services

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plumbline.storage.clients import Clients

    from tests.support.tables import Stack

TODAY, YESTERDAY, LONG_AGO = "2026-03-04", "2026-03-03", "2026-01-20"
NUMBERS = ("min", "max", "mean", "p5", "p50", "p95", "p99", "share_alerting")


def keep(clients: Clients, stack: Stack, day: str, rows: list[Mapping[str, float]], writer: str = "a") -> None:
    store = BaselineStore(clients, stack.baselines)
    write = store.load(day, writer) or BaselineWrite(day, writer, Sketches(), 0)
    for row in rows:
        write.sketches.add(row)
    store.save(write)


def lengths(first: int, last: int) -> list[Mapping[str, float]]:
    return [{"output.length": float(length)} for length in range(first, last)]


@pytest.fixture
def history(clients: Clients, stack: Stack) -> None:
    """40 values yesterday, 20 today by two writers, one long ago; a caller's own series with a few."""
    keep(clients, stack, LONG_AGO, [{"output.length": 7.0, "output.old_score": 0.25}])
    keep(clients, stack, YESTERDAY, lengths(60, 100))
    keep(clients, stack, TODAY, lengths(100, 110))
    keep(clients, stack, TODAY, [*lengths(110, 120), {"output.latency_ms": 812.5}, {"input.a.b-c_d": -3.0}], "b")


def listed(api: Gateway) -> dict[str, dict[str, Any]]:
    answer = api.get("/api/metrics")
    assert (answer.status, answer.message) == (200, "Metrics fetched successfully")
    return {one["name"]: one for one in answer.data}


def test_every_series_is_listed_before_there_is_anything(api: Gateway) -> None:
    found = listed(api)
    assert list(found) == list(SERIES)
    for name, one in found.items():
        assert (one["element"], one["metric"]) == tuple(name.split(".", 1))
        assert one["meaning"] in {metric.meaning for metric in METRICS}
        assert (one["count"], one["state"]) == (0, "learning")
        assert [one[number] for number in NUMBERS] == [None] * len(NUMBERS)
        assert one["lower_fence"] is one["upper_fence"] is None


def test_a_series_over_the_window(api: Gateway, history: None) -> None:
    found = listed(api)
    assert list(found)[-2:] == ["input.a.b-c_d", "output.latency_ms"]
    assert "output.old_score" not in found
    length = found["output.length"]
    assert (length["count"], length["min"], length["max"], length["mean"]) == (60, 60, 119, 89.5)
    assert length["state"] == "ready"
    assert length["unit"] == 1
    assert length["p5"] == pytest.approx(62, rel=0.03)
    assert length["p50"] == pytest.approx(89, rel=0.03)
    assert length["p95"] == pytest.approx(116, rel=0.03)
    assert length["lower_fence"] < 60
    assert length["upper_fence"] > 120
    assert length["thresholds"] == [{"direction": "above", "bound": 100, "severity": "warning"}]
    assert length["outliers"] == {"sensitivity": "default", "severity": "warning"}
    # 19 of 60 are over 100, of which the sketch knows to 2.5 %.
    assert length["share_alerting"] == pytest.approx(19 / 60, abs=4 / 60)
    latency = found["output.latency_ms"]
    assert (latency["meaning"], latency["state"], latency["count"]) == (None, "learning", 1)
    assert [latency[number] for number in NUMBERS] == [812.5] * 7 + [0]
    assert found["output.pii"]["outliers"] is None


def test_rules_are_shown_and_counted_by(clients: Clients, stack: Stack, clock: Clock, history: None) -> None:
    rules = parse_rules(
        "output.length > 1000 < 80 critical; output.length outliers high info; words off; latency_ms > 800"
    )
    found = listed(Gateway(services(clients, stack.settings(alert_rules=rules), clock)))
    length = found["output.length"]
    assert length["thresholds"] == [
        {"direction": "above", "bound": 1000, "severity": "critical"},
        {"direction": "below", "bound": 80, "severity": "critical"},
    ]
    assert length["outliers"] == {"sensitivity": "high", "severity": "info"}
    assert length["share_alerting"] == pytest.approx(20 / 60, abs=3 / 60)
    assert found["output.words"]["outliers"] is None
    assert found["output.latency_ms"]["share_alerting"] == 1


def test_a_series_by_day(api: Gateway, history: None) -> None:
    answer = api.get("/api/metrics/output.length")
    assert (answer.status, answer.message) == (200, "Metric fetched successfully")
    days = answer.data["days"]
    assert [day["day"] for day in days][:2] == ["2026-02-03", "2026-02-04"]
    assert [(day["day"], day["count"]) for day in days][-3:] == [("2026-03-02", 0), (YESTERDAY, 40), (TODAY, 20)]
    assert len(days) == 30
    assert days[0]["buckets"] == []
    assert days[0]["mean"] is None
    assert (days[-1]["min"], days[-1]["max"], days[-1]["mean"]) == (100, 119, 109.5)
    assert days[-2]["share_alerting"] < 0.1 < 0.8 < days[-1]["share_alerting"]
    total = answer.data["total"]
    assert (total["count"], total["min"], total["max"]) == (60, 60, 119)
    for one in (total, *days):
        assert sum(bucket["count"] for bucket in one["buckets"]) == one["count"]
        if one["buckets"]:
            assert (one["buckets"][0]["low"], one["buckets"][-1]["high"]) == (one["min"], one["max"])
    summary = listed(api)["output.length"]
    shared = set(summary) & set(answer.data)
    assert {name: answer.data[name] for name in shared} == {name: summary[name] for name in shared}


@pytest.mark.parametrize(("days", "count"), [(1, 20), (2, 60), (43, 60), (44, 61), (90, 61)])
def test_as_many_days_as_asked_for(api: Gateway, history: None, days: int, count: int) -> None:
    data = api.get("/api/metrics/output.length", {"days": days}).data
    assert len(data["days"]) == days
    assert data["days"][-1]["day"] == TODAY
    assert data["total"]["count"] == count


@pytest.mark.parametrize("days", ["0", "91", "-1", "1.5", "x", "", "\uff11"])
def test_days_that_cannot_be(api: Gateway, days: str) -> None:
    answer = api.get("/api/metrics/output.length", {"days": days})
    assert (answer.status, answer.fields) == (422, ["query.days"])
    assert answer.data[0]["problem"] == "must be a whole number from 1 to 90"


def test_other_parameters_are_refused(api: Gateway) -> None:
    assert api.get("/api/metrics", {"limit": 5}).fields == ["query.limit"]
    assert api.get("/api/metrics/output.length", {"day": 5}).fields == ["query.day"]
    assert api.post("/api/metrics", {}).status == 405


@pytest.mark.parametrize("written", ["input.a.b-c_d", "input%2Ea%2eb%2Dc_d", "%69nput.a.b-c%5Fd"])
def test_a_callers_series_is_found_however_its_name_is_escaped(api: Gateway, history: None, written: str) -> None:
    data = api.get(f"/api/metrics/{written}").data
    assert (data["name"], data["element"], data["metric"]) == ("input.a.b-c_d", "input", "a.b-c_d")
    assert data["total"]["buckets"] == [{"low": -3, "high": -3, "count": 1}]


def test_a_callers_series_is_there_while_it_has_values(api: Gateway, history: None) -> None:
    assert api.get("/api/metrics/output.old_score", {"days": 43}).status == 404
    assert api.get("/api/metrics/output.old_score", {"days": 44}).data["total"]["count"] == 1


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("output.lenght", "output.length"),
        ("length", "similar are input.length, output.length"),
        ("latency_ms", "output.latency_ms"),
        ("output.latency", "output.latency_ms"),
        ("%25", "GET /api/metrics lists those that there are"),
        ("x" * 5000, "GET /api/metrics lists"),
        ("%F0%9F%8D%8E", "GET /api/metrics lists"),
    ],
)
def test_an_unknown_series_is_not_found_but_hinted_at(api: Gateway, history: None, name: str, hint: str) -> None:
    answer = api.get(f"/api/metrics/{name}")
    assert (answer.status, answer.fields) == (404, ["path.series"])
    assert hint in answer.message
    assert hint in answer.data[0]["problem"]
    assert len(answer.message) < 300


def test_of_very_many_own_series_those_with_the_most_values_are_listed(
    api: Gateway, clients: Clients, stack: Stack
) -> None:
    keep(clients, stack, TODAY, [{f"output.own_{n}": 1.0 for n in range(450)}, {"output.own_449": 1.0}])
    own = [name for name in listed(api) if name not in SERIES]
    assert len(own) == 400
    assert "output.own_449" in own


def test_days_that_are_over_are_read_once_in_a_while(
    clients: Clients, stack: Stack, clock: Clock, history: None
) -> None:
    counting = faults.counting()
    api = Gateway(services(counting.wrap(clients), stack.settings(baseline_refresh_seconds=5.0), clock))

    def calls(**passing: float) -> int:
        clock.pass_time(**passing)
        before = counting.calls
        assert api.get("/api/metrics/output.length").status == 200
        return counting.calls - before

    assert calls() == 14 + 30
    assert calls() == 0
    assert calls(seconds=6) == 2 + 2
    assert calls(seconds=601) == 14 + 30
    keep(clients, stack, TODAY, lengths(10, 15))
    clock.pass_time(seconds=6)
    assert api.get("/api/metrics/output.length", {"days": 1}).data["total"]["count"] == 25


def test_the_next_day_begins_at_midnight_of_utc(api: Gateway, clock: Clock, history: None) -> None:
    assert api.get("/api/metrics/output.length", {"days": 1}).data["total"]["count"] == 20
    clock.now = NOW.replace(hour=23, minute=59, second=59)
    assert api.get("/api/metrics/output.length", {"days": 1}).data["total"]["count"] == 20
    clock.pass_time(seconds=1)
    data = api.get("/api/metrics/output.length", {"days": 2}).data
    assert [(day["day"], day["count"]) for day in data["days"]] == [(TODAY, 20), ("2026-03-05", 0)]


def test_storage_that_is_busy_is_said_to_be(clients: Clients, stack: Stack, clock: Clock) -> None:
    def throttle(number: int, call: Any) -> Any:
        raise faults.error("ProvisionedThroughputExceededException", 400)

    api = Gateway(services(faults.Faults(throttle).wrap(clients), stack.settings(), clock))
    for path in ("/api/metrics", "/api/metrics/output.length"):
        answer = api.get(path)
        assert (answer.status, "retry-after" in answer.headers) == (503, True)


def test_what_was_recorded_is_seen(clients: Clients, stack: Stack, clock: Clock) -> None:
    settings = stack.settings(baseline_updates="inline", baseline_refresh_seconds=0.0)
    api = Gateway(services(clients, settings, clock))
    body = {"input_text": "q", "output_text": "An answer.", "metrics": {"latency_ms": 812}}
    assert api.post("/api/interactions", body).status == 200
    found = listed(api)
    assert found["output.length"]["mean"] == 10
    assert found["output.latency_ms"]["p99"] == 812
    assert api.get("/api/metrics/output.latency_ms", {"days": 1}).data["days"][0]["count"] == 1
