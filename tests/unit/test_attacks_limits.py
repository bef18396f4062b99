"""Requests that are more than can be looked at: each is refused at once, in the envelope, saying what is right."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from plumbline.http.limits import (
    MAX_ADDRESS_BYTES,
    MAX_HEADER_BYTES,
    MAX_HEADERS,
    MAX_IDEMPOTENCY_KEY,
    MAX_JSON_VALUES,
    MAX_PARTS,
    MAX_UPLOAD_BYTES,
)

from tests.support.empty import empty_api
from tests.support.gateway import form, part

if TYPE_CHECKING:
    from tests.support.gateway import Answer, Gateway

GOOD = {"input_text": "q", "output_text": "a"}


@pytest.fixture(scope="module")
def api() -> Gateway:
    return empty_api()


def posted(api: Gateway, body: str) -> Answer:
    headers = {"content-type": "application/json"}
    return api.send("POST", "/api/interactions", headers=headers, body=body.encode())


def refused(answer: Answer, status: int) -> bool:
    """Whether an answer is that refusal, in the envelope, and short."""
    keys = {"success", "data", "message"}
    return answer.status == status and set(answer.json) == keys and len(answer.body) < 5000


# ------------------------------------------------------------ what is too much


@pytest.mark.parametrize(
    "query", ["cursor=" + "A" * MAX_ADDRESS_BYTES, "&".join(f"a{n}=1" for n in range(2000)), "%" * 10_000]
)
def test_a_long_address_is_not_read(api: Gateway, query: str) -> None:
    assert refused(api.get("/api/alerts", query), 414)


def test_a_long_path_is_not_read(api: Gateway) -> None:
    assert refused(api.get("/api/metrics/" + "x" * MAX_ADDRESS_BYTES), 414)
    assert refused(api.get("/api/metrics/" + "\U0001f9ee" * (MAX_ADDRESS_BYTES // 4)), 414)
    assert refused(api.get("/api/metrics/" + "x" * (MAX_ADDRESS_BYTES - 100)), 404)


def test_many_or_long_headers_are_not_read(api: Gateway) -> None:
    assert refused(api.send("GET", "/health", headers={f"x-{n}": "" for n in range(MAX_HEADERS + 1)}), 431)
    assert refused(api.send("GET", "/health", headers={"x-long": "x" * MAX_HEADER_BYTES}), 431)
    assert refused(api.send("POST", "/api/interactions", headers={"cookie": "x" * MAX_HEADER_BYTES}), 431)


@pytest.mark.parametrize("name", ["limit", "interaction_id", "since", "metric", "element", "cursor", "unknown"])
def test_a_long_value_is_refused_and_not_repeated(api: Gateway, name: str) -> None:
    answer = api.get("/api/alerts", f"{name}={'9' * 8000}")
    assert refused(answer, 400 if name == "cursor" else 422)
    assert b"999" not in answer.body


def test_long_names_are_repeated_in_part(api: Gateway) -> None:
    answer = api.get("/api/alerts", f"{'n' * 8000}=1")
    assert refused(answer, 422)
    assert b"n" * 100 not in answer.body


@pytest.mark.parametrize("key", ["", "k" * (MAX_IDEMPOTENCY_KEY + 1), "a b", "\x7f", "é", "a,b\tc"])
def test_a_key_of_idempotency_is_bounded(api: Gateway, key: str) -> None:
    assert refused(api.post("/api/interactions", GOOD, idempotency_key=key), 422)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("[" * 100_000, "levels deep"),
        ('{"metadata":' * 5000 + "0" + "}" * 5000, "levels deep"),
        ('{"metadata":{"a":[' + "0," * (MAX_JSON_VALUES + 1) + "0]}}", "values"),
        ('{"metadata":{"a":[' + "[]," * (MAX_JSON_VALUES + 1) + "0]}}", "values"),
        ('{"metadata":{' + ",".join(f'"{n}":""' for n in range(MAX_JSON_VALUES + 2)) + "}}", "values"),
        ('{"metadata":{"a":1e400}}', "overflows"),
        ('{"metadata":{"a":-1e400}}', "overflows"),
        ('{"metadata":{"a":1' + "0" * 5000 + "}}", "send larger ones as text"),
        ('{"metadata":{"a":1' + "0" * 5000 + ".0}}", "overflows"),
        ('{"metadata":{"a":NaN}}', "not NaN"),
        ('{"metrics":{"a":-Infinity}}', "not -Infinity"),
        ('{"input_text":"a","input_text":"b"}', "given twice"),
    ],
    ids=lambda value: value[:20],
)
def test_json_that_is_too_much_is_refused(api: Gateway, body: str, says: str) -> None:
    answer = posted(api, body)
    assert refused(answer, 422)
    assert says in json.dumps(answer.data)


@pytest.mark.parametrize(
    ("written", "kept"), [("-0", 0), ("-0.0", 0.0), ("1e-400", 0.0), ("0." + "9" * 5000, 1.0)]
)
def test_numbers_that_can_be_kept_are(api: Gateway, written: str, kept: float) -> None:
    answer = posted(api, f'{{"input_text":"","output_text":"","metadata":{{"a":{written}}}}}')
    assert (answer.status, answer.data["metadata"]["a"]) == (200, kept)


def test_texts_may_hold_as_many_commas_as_they_like(api: Gateway) -> None:
    texts = {"input_text": ',"\\' * 50_000, "output_text": "[,]" * MAX_JSON_VALUES}
    assert api.post("/api/interactions", texts).data["input"] == texts["input_text"]


# ------------------------------------------------------------ forms


def upload(api: Gateway, body: bytes, boundary: str = "XXXX") -> Answer:
    sent = {"content-type": f"multipart/form-data; boundary={boundary}"}
    return api.send("POST", "/api/interactions/bulk", headers=sent, body=body)


FILE = part("file", b"Input,Output\nq,a\n", "rows.csv")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (form(*[part("file", b"x", "a.csv")] * (MAX_PARTS + 1)), 422),
        (form(*[b"--XXXX\r\n\r\n\r\n"] * 100_000), 422),
        (form(*[part(f"f{n}", b"") for n in range(50_000)]), 422),
        (form(FILE, part("other", b"x")), 422),
        (form(part("file", b"x", "a" * 5000)), 400),
        (form(part("f" * 5000, b"x")), 400),
        (form(b"--XXXX\r\n" + b"A: b\r\n" * 100 + b"\r\nx\r\n"), 400),
        (form(b"--XXXX\r\nA: " + b"b" * 1_000_000 + b"\r\n\r\nx\r\n"), 400),
        (b"preamble" * 1000 + form(FILE), 400),
        (b"--XXXX" * 100_000, 422),
        (b"", 400),
        (b"x" * (MAX_UPLOAD_BYTES + 1), 413),
    ],
    ids=lambda value: None if isinstance(value, int) else ascii(value[:30]),
)
def test_a_form_that_is_a_bomb_is_refused(api: Gateway, body: bytes, status: int) -> None:
    assert refused(upload(api, body), status)


def test_line_breaks_before_a_form_are_passed_over(api: Gateway) -> None:
    assert upload(api, b"\r\n" * 1_000_000 + form(FILE)).status == 200


@pytest.mark.parametrize("boundary", ["", "x" * 71, "x" * 5000, '"', "a\x00b"])
def test_a_boundary_is_bounded(api: Gateway, boundary: str) -> None:
    assert refused(upload(api, form(FILE), boundary), 400)


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd",
        "..\\..\\a.csv",
        "a\r\nX-Injected: 1.csv",
        "a\x00.csv",
        "..",
        "",
        "/",
        "a\u2028b.csv",
        "%0d%0a",
    ],
    ids=ascii,
)
def test_a_files_name_is_no_path_and_no_header(api: Gateway, name: str) -> None:
    answer = upload(api, form(part("file", b"Input,Output\nq,a\n", name.replace("\r\n", "%0d%0a"))))
    assert answer.status == 200
    assert re.fullmatch(r"/api/imports/\d+", answer.headers["location"])
