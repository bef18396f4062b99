"""The main job on real input: files through the API and the bucket, and again after a restart."""

from __future__ import annotations

import csv
import json
from collections import Counter
from itertools import islice, takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.local_stack import page, wait_for_import

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from tests.support.local_stack import LocalStack

SOME = 1_000
DATA = Path(__file__).parents[3] / "shared" / "data" / "interactions-small.csv"


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[tuple[str, str]]]:
    """A file of real interactions where there is one, else one made here; and its rows as Python reads them."""
    path = DATA if DATA.exists() else _made(tmp_path_factory.mktemp("data") / "made.csv")
    with path.open(encoding="utf-8", newline="") as file:
        return path, [(row["Input"], row["Output"]) for row in csv.DictReader(file)]


def _made(path: Path) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["Input", "Output"])
        for number in range(2000):
            writer.writerow([f'Question {number},\n"quoted"?', f"Answer {number}. " * (number % 40 + 1)])
    return path


def listed(http: httpx.Client, path: str, **query: Any) -> Iterator[dict[str, Any]]:
    """Everything that a listing has, page by page."""
    cursor: str | None = None
    while True:
        found = page(http, path, **query, limit=100, **({"cursor": cursor} if cursor else {}))
        yield from found["data"]
        cursor = found.get("next_cursor")
        if not cursor:
            return


def newest(http: httpx.Client, path: str = "/api/interactions") -> str:
    """When the newest of a listing is from."""
    found = page(http, path, limit=1)["data"]
    return str(found[0]["created_at"]) if found else ""


def since(http: httpx.Client, path: str, moment: str) -> list[dict[str, Any]]:
    """All of a listing that is newer than that. The stack is others' too, who may have filled it."""
    return list(takewhile(lambda one: one["created_at"] > moment, listed(http, path)))


def stored(http: httpx.Client, before: str) -> Counter[tuple[str, str]]:
    """How often each pair is stored since a moment."""
    found = since(http, "/api/interactions", before)
    assert len({one["id"] for one in found}) == len(found), "an interaction was listed twice"
    return Counter((one["input"], one["output"]) for one in found)


def test_a_file_through_the_api(http: httpx.Client, rows: tuple[Path, list[tuple[str, str]]]) -> None:
    path, expected = rows
    before = newest(http)
    answer = http.post("/api/interactions/bulk", files={"file": (path.name, path.read_bytes(), "text/csv")})
    assert answer.status_code == 200
    assert answer.json() == {
        "success": True,
        "data": None,
        "message": "CSV file received. Processing in the background...",
    }
    done = wait_for_import(http, answer.headers["location"])
    assert (done["state"], done["rows_read"], done["rows_stored"], done["rows_rejected"]) == (
        "succeeded",
        len(expected),
        len(expected),
        0,
    )
    assert done["filename"] == path.name
    assert stored(http, before) == Counter(expected)


def test_a_file_dropped_into_the_bucket_twice(
    local_stack: LocalStack, http: httpx.Client, rows: tuple[Path, list[tuple[str, str]]]
) -> None:
    path, expected = rows
    before, imports_before = newest(http), {one["id"] for one in listed(http, "/api/imports")}
    local_stack.s3().upload_file(str(path), local_stack.bucket, "uploads/history of 2026+.csv")
    made: list[dict[str, Any]] = []
    while not made:
        made = [one for one in listed(http, "/api/imports") if one["id"] not in imports_before]
    done = wait_for_import(http, f"/api/imports/{made[0]['id']}")
    assert (done["state"], done["rows_stored"]) == ("succeeded", len(expected))
    assert done["filename"] == "history of 2026+.csv"
    assert stored(http, before) == Counter(expected)

    raised = since(http, "/api/alerts", before)
    assert len(raised) == done["alerts_raised"]
    assert len({one["id"] for one in raised}) == len(raised)
    for alert in raised:
        assert explained(alert), json.dumps(alert)
    long_ones = sum((len(given) > 100) + (len(answered) > 100) for given, answered in expected)
    assert sum(one["alert_type"] == "threshold" for one in raised) == long_ones


def explained(alert: dict[str, Any]) -> bool:
    """Whether an alert's evidence says by itself why it was raised."""
    beyond = (
        alert["metric_value"] > alert["bound"]
        if alert["direction"] == "above"
        else (alert["metric_value"] <= alert["bound"])
    )
    if alert["alert_type"] == "threshold":
        return bool(beyond and alert["bound"] == 100 and alert["baseline"] is None)
    baseline = alert["baseline"]
    fence = baseline["upper_fence"] if alert["direction"] == "above" else baseline["lower_fence"]
    beyond = alert["metric_value"] >= fence if alert["direction"] == "above" else alert["metric_value"] <= fence
    return bool(beyond and fence == alert["bound"] and baseline["count"] >= 30 and baseline["z"] >= 3.5)


def test_a_restart_keeps_everything(local_stack: LocalStack) -> None:
    with local_stack.http() as http:
        kept = list(islice(listed(http, "/api/interactions"), SOME))
        alerts = list(islice(listed(http, "/api/alerts"), SOME))
        imports = list(listed(http, "/api/imports"))
    local_stack.stop()
    local_stack.start()
    with local_stack.http() as http:
        assert list(islice(listed(http, "/api/interactions"), SOME)) == kept
        assert list(islice(listed(http, "/api/alerts"), SOME)) == alerts
        assert [one["id"] for one in listed(http, "/api/imports")] == [one["id"] for one in imports]
        answer = http.post("/api/interactions", json={"input_text": "Still there?", "output_text": "Yes."})
        assert answer.json()["data"]["id"] > max(one["id"] for one in kept)
    local_stack.s3().put_object(
        Bucket=local_stack.bucket, Key="uploads/after.csv", Body=b"Input,Output\nAnd now?,Still.\n"
    )
    with local_stack.http() as http:
        while not any(one["key"] == "uploads/after.csv" for one in listed(http, "/api/imports")):
            pass
