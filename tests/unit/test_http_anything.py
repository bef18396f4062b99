"""Whatever is sent, the answer is an envelope, and nothing that a caller does is a failure of ours."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plumbline.http.services import Services
from plumbline.models import Interaction
from plumbline.recording import Recorded
from plumbline.settings import Settings

from tests.support.gateway import Clock, Gateway

if TYPE_CHECKING:
    from collections.abc import Sequence


class Empty:
    """Stores with nothing in them, which take everything."""

    def get(self, number: int) -> None:
        assert 1 <= number < 2**53

    def page(self, limit: int, before: str | None) -> tuple[list[Any], None]:
        assert 1 <= limit <= 100
        return [], None

    def alerts(self, query: Any, limit: int, before: str | None) -> tuple[list[Any], None]:
        return self.page(limit, before)

    def read_days(self, days: Sequence[str]) -> list[Any]:
        assert 0 <= len(days) <= 90
        return []

    def put(self, key: str, content: bytes) -> str:
        assert len(key.encode()) <= 1024
        assert content
        return "version"

    def create(self, new: Any) -> bool:
        return True

    def record(self, new: Any, idempotency: Any = None) -> Recorded:
        return Recorded(Interaction(1, new.input, new.output, new.created_at, new.metrics, (), new.metadata))


@pytest.fixture(scope="module")
def api() -> Gateway:
    services = Services(settings=lambda: Settings("i", "b", "m", "u"), clock=Clock())
    for store in ("interactions", "imports", "files", "recorder", "baseline_store"):
        setattr(services, store, Empty())
    return Gateway(services)


PATHS = [
    *("/api/interactions", "/api/interactions/{}", "/api/interactions/bulk", "/api/imports", "/api/imports/{}"),
    *("/api/alerts", "/api/metrics", "/api/metrics/{}", "/health", "/docs", "/docs/{}"),
    *("/openapi.json", "/{}", "{}"),
]
QUERIES = st.dictionaries(
    st.sampled_from(
        ["days", "limit", "cursor", "since", "until", "metric", "element", "alert_type", "interaction_id"]
    )
    | st.text(max_size=5),
    st.text(max_size=30)
    | st.integers().map(str)
    | st.datetimes().map(str)
    | st.sampled_from(["input", "outlier"]),
    max_size=4,
)
LATIN = st.text(st.characters(max_codepoint=255, exclude_categories=["Cc"]), max_size=40)
HEADERS = st.fixed_dictionaries(
    {"content-type": st.sampled_from(["application/json", "multipart/form-data; boundary=X", "text/csv"]) | LATIN},
    optional={"idempotency-key": LATIN, "accept-encoding": LATIN, "host": LATIN},
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["input_text", "output_text", "metadata", "metrics", "created_at"])
            | st.text(max_size=6),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)
BODIES = st.binary(max_size=80) | JSON.map(lambda value: json.dumps(value).encode())


@settings(max_examples=600)
@given(
    st.sampled_from(["GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS"]),
    st.sampled_from(PATHS),
    st.text(max_size=20) | st.integers().map(str),
    QUERIES,
    HEADERS,
    BODIES,
)
def test_every_request_gets_an_answer(
    api: Gateway,
    method: str,
    path: str,
    name: str,
    query: dict[str, str],
    headers: dict[str, str],
    body: bytes,
) -> None:
    text = headers["content-type"].startswith(("text/", "application/json"))
    sent = body.decode("utf-8", "replace").encode() if text else body
    answer = api.send(
        method,
        path.replace("{}", name.encode("utf-8", "replace").decode()),
        query=query,
        headers=headers,
        body=sent,
    )
    assert answer.status < 500
    if answer.headers.get("content-type") == "application/json" and answer.body and "openapi" not in answer.json:
        assert set(answer.json) - {"next_cursor"} == {"success", "data", "message"}
        assert answer.json["success"] is (answer.status == 200)


@given(
    st.fixed_dictionaries(
        {"input_text": st.text(max_size=9), "output_text": st.text(max_size=9)},
        optional={
            "metadata": st.dictionaries(st.text(max_size=4), JSON, max_size=3),
            "metrics": st.dictionaries(
                st.from_regex(r"(input\.|output\.)?[a-z]{1,3}", fullmatch=True), st.floats(), max_size=4
            ),
            "created_at": st.datetimes().map(lambda moment: moment.isoformat() + "Z"),
        },
    )
)
def test_what_is_taken_is_kept_as_it_was_sent(api: Gateway, body: dict[str, Any]) -> None:
    answer = api.post("/api/interactions", body)
    if answer.status == 200:
        assert (answer.data["input"], answer.data["output"]) == (body["input_text"], body["output_text"])
        assert answer.data["metadata"] == body.get("metadata", {})
        assert sorted(answer.data["metrics"].values()) == sorted(body.get("metrics", {}).values())
    else:
        assert answer.status == 422
        assert answer.data
