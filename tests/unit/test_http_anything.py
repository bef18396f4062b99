"""Whatever is sent, the answer is an envelope, and nothing that a caller does is a failure of ours."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plumbline.http.guard import is_open

from tests.support.empty import empty_api

if TYPE_CHECKING:
    from tests.support.gateway import Gateway


@pytest.fixture(scope="module")
def api() -> Gateway:
    return empty_api()


PATHS = [
    *("/api/interactions", "/api/interactions/{}", "/api/interactions/bulk", "/api/imports", "/api/imports/{}"),
    *("/api/alerts", "/api/metrics", "/api/metrics/{}", "/health", "/docs", "/docs/{}"),
    *("/api/keys", "/api/keys/{}", "/api/settings", "/openapi.json", "/{}", "{}"),
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


@settings(max_examples=200)
@given(
    st.sampled_from(PATHS),
    # An address with control characters is none, whoever asks.
    st.text(st.characters(exclude_categories=["Cc"]), max_size=20),
    st.dictionaries(
        st.sampled_from(["authorization", "x-api-key"]),
        LATIN
        | LATIN.map(lambda text: f"Bearer {text}")
        | st.from_regex(r"(Bearer )?plk_[A-Za-z0-9]{12}_[A-Za-z0-9]{43}", fullmatch=True),
        max_size=2,
    ),
    QUERIES,
    BODIES,
)
def test_whoever_guesses_gets_the_same_answer(
    api: Gateway, path: str, name: str, credentials: dict[str, str], query: dict[str, str], body: bytes
) -> None:
    address = path.replace("{}", name.encode("utf-8", "replace").decode())
    headers = {"content-type": "application/octet-stream", "authorization": "", **credentials}
    answer = api.send("POST", address, query=query, headers=headers, body=body)
    assert (answer.status == 401) != is_open(address)
    if answer.status == 401:
        assert answer.message.startswith("The API key does not open this deployment.")
