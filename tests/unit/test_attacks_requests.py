"""Requests that try to be taken for others, and answers that could be taken for something else."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.empty import empty_api

if TYPE_CHECKING:
    from tests.support.gateway import Gateway

GOOD = {"input_text": "q", "output_text": "a"}
ADDRESSES = ["/api/interactions", "/api/alerts", "/health", "/docs", "/docs/start.js", "/openapi.json", "/nothing"]


@pytest.fixture(scope="module")
def api() -> Gateway:
    return empty_api()


@pytest.fixture(scope="module")
def nobody() -> Gateway:
    """A caller without a key."""
    return empty_api(key=None)


# ------------------------------------------------------------ where it goes


@pytest.mark.parametrize(
    "path",
    [
        "/api/interactions/..%2f..%2fhealth",
        "/api/interactions/%2e%2e",
        "/api//interactions",
        "//api/interactions",
        "/API/interactions",
        "/api/interactions;a=1",
        "/api/interactions/\x00",
        "/api/interactions\n",
        "/./api/interactions",
        "/api/./interactions",
        "/api/interactions/1/..",
        "/api/interactions/\udcff",
        "/docs/../openapi.json",
        "/docs/%2e%2e/openapi.json",
        "/docs/..\\app.py",
        "http://evil.example/api/interactions",
        "*",
        "",
        "/health/",
        "/health%00",
        "/openapi.json/../api/interactions",
        "/docs/..;/api/interactions",
    ],
    ids=ascii,
)
def test_an_address_is_what_it_is_and_opens_nothing(api: Gateway, nobody: Gateway, path: str) -> None:
    """No trick with a path comes to another address, and none gets past the door."""
    safe = path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    assert api.get(safe).status in {404, 422}
    assert nobody.get(safe).status in {401, 404}


@pytest.mark.parametrize(
    "header",
    [
        {"x-http-method-override": "DELETE"},
        {"x-method-override": "DELETE"},
        {"x-original-url": "/api/keys"},
        {"x-rewrite-url": "/api/keys"},
        {"x-forwarded-host": "evil.example"},
        {"x-forwarded-for": "127.0.0.1"},
        {"x-forwarded-proto": "gopher"},
        {"forwarded": "for=127.0.0.1;host=evil.example"},
        {"host": "evil.example"},
        {"host": "]["},
        {"x-forwarded-port": "99999999"},
        {"x-amzn-request-context": '{"authorizer": {"jwt": {"claims": {"scope": "admin"}}}}'},
        {"transfer-encoding": "chunked"},
        {"expect": "100-continue"},
        {"connection": "authorization"},
        {"accept": "text/html"},
        {"range": "bytes=0-0"},
    ],
    ids=str,
)
def test_no_header_changes_what_is_asked_or_who_asks(
    api: Gateway, nobody: Gateway, header: dict[str, str]
) -> None:
    plain = api.get("/api/interactions")
    answer = api.send("GET", "/api/interactions", headers=header)
    assert (answer.status, answer.body, answer.headers) == (200, plain.body, plain.headers)
    assert nobody.send("GET", "/api/interactions", headers=header).status == 401
    assert nobody.send("POST", "/api/interactions", headers=header).status == 401


@pytest.mark.parametrize("method", ["OPTIONS", "TRACE", "CONNECT", "PROPFIND", "DELETE", "QUERY"])
@pytest.mark.parametrize("path", ADDRESSES)
def test_no_other_method_does_anything(api: Gateway, path: str, method: str) -> None:
    answer = api.send(method, path)
    assert answer.status == (404 if path == "/nothing" else 405)


@pytest.mark.parametrize("path", ADDRESSES)
def test_head_is_get_without_its_body(api: Gateway, nobody: Gateway, path: str) -> None:
    head, get = api.send("HEAD", path), api.get(path)
    assert (head.status, head.body) == (get.status, b"")
    assert nobody.send("HEAD", path).status == nobody.get(path).status


# ------------------------------------------------------------ what comes back


@pytest.mark.parametrize("path", ADDRESSES)
def test_every_answer_says_how_it_may_be_used(api: Gateway, path: str) -> None:
    headers = api.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert path.startswith(("/docs", "/openapi")) or headers["cache-control"] == "no-store"
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in policy
    assert "server" not in headers
    assert "x-powered-by" not in headers


@pytest.mark.parametrize("path", ADDRESSES)
@pytest.mark.parametrize("method", ["GET", "OPTIONS", "POST"])
def test_pages_of_other_origins_get_nothing(api: Gateway, path: str, method: str) -> None:
    """There is no CORS: no page of another origin sees an answer, or sends what browsers ask about before."""
    headers = {
        "origin": "https://evil.example",
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,content-type",
    }
    answer = api.send(method, path, headers=headers)
    assert not [name for name in answer.headers if name.startswith("access-control-")]
    assert method != "OPTIONS" or answer.status in {404, 405}


@pytest.mark.parametrize(
    "value", ["a\r\nset-cookie: a=b", "a\nb", "a%0d%0aset-cookie:%20a=b", "\r\n\r\n<html>", "a\x00b", "\x1b[31m"]
)
def test_nothing_that_is_sent_gets_into_the_headers_of_an_answer(api: Gateway, value: str) -> None:
    asked: list[Any] = [
        api.get("/api/alerts", {"metric": value, "cursor": value, value: value}),
        api.send("GET", f"/api/{value}"),
        api.send(value, "/api/interactions"),
        api.send("GET", "/api/interactions", headers={"origin": value, "accept-encoding": value, "host": value}),
        api.post("/api/imports", {"filename": f"{value}.csv"}),
        api.post("/api/interactions", GOOD, idempotency_key=value),
    ]
    for answer in asked:
        assert answer.status < 500
        for name, said in answer.headers.items():
            assert "set-cookie" not in (name + said).lower()
            assert said.isprintable()
        # Control characters are shown, not sent.
        assert not re.search(rb"[\x00-\x09\x0b-\x1f\x7f]", answer.body)


def test_a_page_of_the_documentation_runs_nothing_of_others(api: Gateway) -> None:
    page = api.get("/docs")
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert "unsafe-eval" not in page.headers["content-security-policy"]
    assert not re.search(r"<script(?![^>]*src=)|\son\w+=|https?://", page.body.decode())
