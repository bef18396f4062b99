"""The local stack attacked over the wire: requests that no HTTP client sends, and objects with hostile keys."""

from __future__ import annotations

import json
import socket
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from tests.support.local_stack import wait_for_import

if TYPE_CHECKING:
    import httpx

    from tests.support.local_stack import LocalStack

PATIENCE = 20.0
QUIET = 2.0


def wire(stack: LocalStack, sent: bytes, patience: float = PATIENCE) -> bytes:
    """All that comes back on a connection to which these bytes were sent, until it closes or falls silent."""
    address = urlsplit(stack.api)
    assert address.hostname is not None
    with socket.create_connection((address.hostname, address.port or 80), timeout=patience) as connection:
        connection.sendall(sent.replace(b"KEY", stack.key.encode()))
        received = b""
        try:
            while block := connection.recv(65536):
                received += block
                connection.settimeout(QUIET)
        except (TimeoutError, ConnectionError):
            pass
        return received


def statuses(received: bytes) -> list[int]:
    """The statuses of the answers in what came back."""
    return [int(line.split()[1]) for line in received.split(b"\r\n") if line.startswith(b"HTTP/1.")]


def request(line: str, *headers: str, body: str = "") -> bytes:
    sent = ["Host: a", "Authorization: Bearer KEY", *headers]
    return "\r\n".join([line, *sent, "", body]).encode()


GOOD = '{"input_text":"","output_text":""}'
JSON = "Content-Type: application/json"


@pytest.mark.parametrize(
    "target",
    [
        "/api/interactions/%2e%2e/keys",
        "/api/interactions/..%2fkeys",
        "/docs/../api/settings",
        "/docs/%2e%2e/api/settings",
        "/docs/..%252fapi/settings",
        "//api/settings",
        "/api/settings%00",
        "/api/settings%0a",
        "/%61pi%2fsettings/",
        "/api/settings/.",
        "/%c0%ae%c0%ae/api/settings",
        "/health/../api/settings",
    ],
)
def test_a_path_leads_nowhere_but_where_it_says(local_stack: LocalStack, target: str) -> None:
    nobody = wire(local_stack, f"GET {target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
    assert statuses(nobody)[0] in {400, 401, 404}
    assert b"alert_threshold" not in nobody
    assert statuses(wire(local_stack, request(f"GET {target} HTTP/1.1", "Connection: close")))[0] in {
        400,
        404,
        422,
    }


def test_a_request_is_not_two(local_stack: LocalStack) -> None:
    """Two lengths, a body that hides a request, headers folded or cut: no request is answered as two."""
    hidden = "GET /api/keys HTTP/1.1\r\nHost: a\r\n\r\n"
    chunked = f"{len(GOOD):x}\r\n{GOOD}\r\n0\r\n\r\n"
    attacks = [
        request(
            "POST /api/interactions HTTP/1.1",
            JSON,
            "Content-Length: 5",
            "Transfer-Encoding: chunked",
            body=chunked,
        ),
        request("POST /api/interactions HTTP/1.1", JSON, "Content-Length: 34", "Content-Length: 5", body=GOOD),
        request("POST /api/interactions HTTP/1.1", JSON, "Transfer-Encoding: xchunked", body=chunked),
        request("GET /health HTTP/1.1", f"Content-Length: {len(hidden)}", body=hidden),
        request("GET /health HTTP/1.1\r\n X-Folded: a"),
        request("GET /health HTTP/1.1", "X: a\rX-Injected: b"),
        request("GET /health HTTP/1.1", "X: a\x00b"),
        request("GET  /health  HTTP/1.1"),
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 100,
    ]
    for attack in attacks:
        answers = statuses(wire(local_stack, attack))
        assert len(answers) <= 1
        assert all(status in {200, 400, 411, 413, 501} for status in answers)


def test_an_absolute_target_is_no_other_host(local_stack: LocalStack) -> None:
    received = wire(local_stack, request("GET http://evil.example/api/settings HTTP/1.1", "Connection: close"))
    assert statuses(received)[0] in {200, 400, 404}
    assert b"evil.example" not in received.split(b"\r\n\r\n")[0]


def test_long_and_many_headers_are_refused(local_stack: LocalStack) -> None:
    for headers in (["X: " + "x" * 20_000], [f"X-{n}: 1" for n in range(300)], ["X: " + "x" * 1_000_000]):
        answers = statuses(wire(local_stack, request("GET /health HTTP/1.1", *headers, "Connection: close")))
        assert answers in ([], [400], [431])


def test_who_sends_nothing_holds_up_nobody(local_stack: LocalStack, http: httpx.Client) -> None:
    address = urlsplit(local_stack.api)
    assert address.hostname is not None
    waiting = [socket.create_connection((address.hostname, address.port or 80)) for _ in range(40)]
    try:
        for connection in waiting:
            connection.sendall(b"POST /api/interactions HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n{")
        assert http.get("/health").status_code == 200
    finally:
        for connection in waiting:
            connection.close()


# Keys with line breaks are in the integration tests: policies of the local AWS match none.
@pytest.mark.parametrize(
    "name",
    ["..%2f..%2ftexts%2f1.csv", '{"level":"ERROR"}\x1b[31m.csv', "100% \U0001f9ee+.csv", "=cmd|' /C calc'!A0.csv"],
    ids=ascii,
)
def test_an_object_is_imported_whatever_its_key(local_stack: LocalStack, http: httpx.Client, name: str) -> None:
    key = f"uploads/{time.time_ns()}/{name}"
    local_stack.s3().put_object(Bucket=local_stack.bucket, Key=key, Body=b"Input,Output\nq,a\n=1+1\n")
    until = time.monotonic() + 120
    found: list[dict[str, object]] = []
    while not found:
        assert time.monotonic() < until, "no import of it appeared"
        found = [one for one in http.get("/api/imports", params={"limit": 50}).json()["data"] if one["key"] == key]
    ended = wait_for_import(http, f"/api/imports/{found[0]['id']}")
    assert (ended["state"], ended["rows_stored"], ended["filename"]) == (
        "succeeded_with_problems",
        1,
        name.rpartition("/")[2],
    )
    rejected = http.get(ended["rejected_rows"]["url"], headers={"authorization": ""})
    assert rejected.headers["content-disposition"].startswith("attachment")
    assert "\n'=1+1," in rejected.text.replace("\r\n", "\n")
    assert "\n" not in rejected.headers["content-disposition"]
    json.dumps(ended)
