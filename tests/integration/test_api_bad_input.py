"""Every bad request gets its own clear answer: the status, the field, and what would be right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.support.tables import scan

if TYPE_CHECKING:
    from plumbline.storage.clients import Clients

    from tests.support.gateway import Answer, Gateway
    from tests.support.tables import Stack


@pytest.fixture(scope="module")
def clients(moto_clients: Clients) -> Clients:
    """Moto's alone: hardly any of these requests gets as far as a table."""
    return moto_clients


GOOD: dict[str, Any] = {"input_text": "secret question", "output_text": "secret answer"}
JSON = {"content-type": "application/json"}


def raw(api: Gateway, body: bytes | str, **headers: str) -> Answer:
    sent = {**JSON, **headers}
    return api.send(
        "POST", "/api/interactions", headers=sent, body=body.encode() if isinstance(body, str) else body
    )


def nested(levels: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(levels - 1):
        value = {"a": value}
    return value


WRONG_FIELDS: list[tuple[str, dict[str, Any], dict[str, str]]] = [
    ("missing", {"output_text": None}, {"body.output_text": "must be text, not null"}),
    ("number for text", {"input_text": 3}, {"body.input_text": "must be text, not a number"}),
    ("flag for text", {"input_text": True}, {"body.input_text": "must be text, not true or false"}),
    ("list for text", {"output_text": ["a"]}, {"body.output_text": "must be text, not an array"}),
    ("object for text", {"output_text": {}}, {"body.output_text": "must be text, not an object"}),
    (
        "unknown",
        {"inputtext": "a"},
        {
            "body.inputtext": "is not known here; known are input_text, output_text, metadata, metrics, "
            "created_at, retention_days"
        },
    ),
    ("NUL", {"input_text": "ab\0c"}, {"body.input_text": "must not contain U+0000 (NUL) at position 2"}),
    (
        "lone surrogate",
        {"output_text": "é\ud800"},
        {"body.output_text": "must not contain U+D800 (a lone surrogate, which is no character) at position 1"},
    ),
    (
        "NUL deep inside",
        {"metadata": {"a": [{"b": "\0"}]}},
        {"body.metadata.a[0].b": "must not contain U+0000 (NUL) at position 0"},
    ),
    (
        "NUL in a name",
        {"metadata": {"a\0": 1}},
        {"body.metadata": "has a name that must not contain U+0000 (NUL) at position 1"},
    ),
    ("metadata no object", {"metadata": "a"}, {"body.metadata": "must be an object, not text"}),
    ("metadata too deep", {"metadata": nested(6)}, {"body.metadata": "must be nested at most 5 levels deep"}),
    (
        "metadata too many",
        {"metadata": {str(n): [1] for n in range(51)}},
        {"body.metadata": "must have at most 100 entries, nested ones included; it has 102"},
    ),
    (
        "metadata too long",
        {"metadata": {"a": "x" * 16_400}},
        {"body.metadata": "must be at most 16384 bytes as JSON; it is 16408"},
    ),
    (
        "metadata unnamed",
        {"metadata": {"": 1}},
        {"body.metadata": "must have names of 1 to 128 characters; one has 0"},
    ),
    (
        "metadata name too long",
        {"metadata": {"x" * 129: 1}},
        {"body.metadata": "must have names of 1 to 128 characters; one has 129"},
    ),
    ("metrics no object", {"metrics": [1]}, {"body.metrics": "must be an object, not an array"}),
    ("metric no number", {"metrics": {"a": "1"}}, {"body.metrics.a": "must be a number, not text"}),
    ("metric a flag", {"metrics": {"a": True}}, {"body.metrics.a": "must be a number, not true or false"}),
    ("metric null", {"metrics": {"a": None}}, {"body.metrics.a": "must be a number, not null"}),
    ("metric too large", {"metrics": {"a": 1.1e100}}, {"body.metrics.a": "must be between -1e+100 and 1e+100"}),
    (
        "metric Plumbline's own",
        {"metrics": {"length": 1}},
        {"body.metrics": "must not hold 'length': Plumbline measures output.length itself"},
    ),
    (
        "metric Plumbline's own, with its element",
        {"metrics": {"input.words": 1}},
        {"body.metrics": "must not hold 'input.words': Plumbline measures input.words itself"},
    ),
    (
        "metric twice",
        {"metrics": {"a": 1, "output.a": 2}},
        {"body.metrics": "holds output.a twice: a name without an element is about the output"},
    ),
    (
        "too many metrics",
        {"metrics": {f"m{n}": n for n in range(51)}},
        {"body.metrics": "must hold at most 50 metrics; it holds 51"},
    ),
    (
        "no time",
        {"created_at": "yesterday"},
        {"body.created_at": "must be an RFC 3339 time with its offset, like 2026-01-31T09:30:00Z"},
    ),
    (
        "a time long past",
        {"created_at": "1969-12-31T23:59:59Z"},
        {"body.created_at": "must be from 1970-01-01T00:00:00.000000Z to 24 hours from now"},
    ),
    (
        "a time to come",
        {"created_at": "2026-03-05T05:06:08Z"},
        {"body.created_at": "must be from 1970-01-01T00:00:00.000000Z to 24 hours from now"},
    ),
]


@pytest.mark.parametrize(
    ("change", "problems"), [case[1:] for case in WRONG_FIELDS], ids=[c[0] for c in WRONG_FIELDS]
)
def test_a_wrong_field_is_named_with_what_would_be_right(
    api: Gateway, clients: Clients, stack: Stack, change: dict[str, Any], problems: dict[str, str]
) -> None:
    answer = api.post("/api/interactions", {**GOOD, **change})
    assert answer.status == 422
    assert answer.json["success"] is False
    assert {one["field"]: one["problem"] for one in answer.data} == problems
    assert answer.message == " ".join(*problems.items())
    assert scan(clients, stack.interactions) == []


@pytest.mark.parametrize("name", ["", "1a", "a b", "x" * 65, "é", "-a", "a\u202e"])
def test_a_metric_needs_a_name(api: Gateway, name: str) -> None:
    answer = api.post("/api/interactions", {**GOOD, "metrics": {name: 1}})
    assert (answer.status, answer.fields) == (422, ["body.metrics"])
    assert "begins with a letter" in answer.message


@pytest.mark.parametrize(
    "time",
    [
        "2026-01-31",
        "2026-01-31T09:30:00",
        "2026-02-30T09:30:00Z",
        "2026-01-31T24:00:00Z",
        "2026-01-31T09:60:00Z",
        "2026-01-31T09:30:60Z",
        "2026-W05-6T09:30:00Z",
        "0000-01-31T09:30:00Z",
        "0001-01-01T00:00:00+23:59",
        "\uff19999-01-31T09:30:00Z",
        " 2026-01-31T09:30:00Z",
        "1772600767",
        1772600767,
        "",
    ],
)
def test_a_time_must_be_one(api: Gateway, time: Any) -> None:
    answer = api.post("/api/interactions", {**GOOD, "created_at": time})
    assert (answer.status, answer.fields) == (422, ["body.created_at"])


def test_every_problem_is_named_at_once(api: Gateway) -> None:
    answer = api.post("/api/interactions", {"input_text": 1, "metadata": [], "created_at": "x"})
    assert answer.status == 422
    assert answer.fields == ["body.input_text", "body.output_text", "body.metadata", "body.created_at"]
    assert answer.message == (
        "The request has 4 problems: body.input_text, body.output_text, body.metadata, body.created_at"
    )


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("", "is empty"),
        (" \n", "is empty"),
        ("{", "is not JSON: Expecting property name enclosed in double quotes (line 1, column 2)"),
        ('{"input_text":\n  "a",,}', "(line 2, column 7)"),
        ('{"input_text": "a\nb"}', "is not JSON: Invalid control character (line 1, column 18)"),
        ('{"input_text": "a"} x', "is not JSON: Extra data (line 1, column 21)"),
        ("{'input_text': 1}", "(line 1, column 2)"),
        (b'{"input_text": "\xff"}', "is not UTF-8: byte 0xff at position 16"),
        (b'{"input_text": "a\xc3', "is not UTF-8: byte 0xc3 at position 17"),
        ('{"a": 1}'.encode("utf-16"), "is not UTF-8: byte 0xff at position 0"),
    ],
)
def test_what_is_not_json_is_refused_with_the_place(api: Gateway, body: str | bytes, problem: str) -> None:
    headers = {} if isinstance(body, str) else {"content-type": "application/vnd.api+json"}
    answer = raw(api, body, **headers)
    assert (answer.status, answer.fields) == (400, ["body"])
    assert problem in answer.data[0]["problem"]


@pytest.mark.parametrize(
    ("body", "field", "problem"),
    [
        ('{"metrics": {"a": NaN}}', "body.metrics.a", "must be a finite number, not NaN"),
        ('{"metrics": {"a": -Infinity}}', "body.metrics.a", "must be a finite number, not -Infinity"),
        ('{"metrics": {"a": 1e999}}', "body.metrics.a", "must be a finite number; this one overflows"),
        ('{"metadata": {"n": [9223372036854775808]}}', "body.metadata.n[0]", "send larger ones as text"),
        ('{"metadata": {"n": -9223372036854775809}}', "body.metadata.n", "send larger ones as text"),
        ('{"metadata": {"n": ' + "9" * 100_000 + "}}", "body.metadata.n", "send larger ones as text"),
        ('{"input_text": "a", "input_text": "b"}', "body.input_text", "is given twice"),
        ('{"metadata": {"k": 1, "j": 2, "k": 1}}', "body.metadata.k", "is given twice"),
        ("[" * 1_000_000, "body", "must be nested at most 32 levels deep"),
        (
            '{{"metadata": {}0{}}}'.format('{"a":' * 200_000, "}" * 200_000),
            "body",
            "must be nested at most 32 levels deep",
        ),
        ("[" * 40 + "]" * 40, "body", "must be nested at most 32 levels deep"),
        ("[]", "body", "must be a JSON object, not an array"),
        ('"text"', "body", "must be a JSON object, not text"),
        ("null", "body", "is required"),
        ("12", "body", "must be a JSON object, not a number"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_json_that_cannot_be_kept_is_refused_by_name(api: Gateway, body: str, field: str, problem: str) -> None:
    answer = raw(api, body)
    assert answer.status == 422
    assert [one for one in answer.data if one["field"] == field and problem in one["problem"]]


def test_numbers_of_64_bits_are_exact(api: Gateway) -> None:
    numbers = {"least": -(2**63), "most": 2**63 - 1, "half": 0.5, "tiny": 5e-324, "huge": 1.7e308}
    answer = api.post("/api/interactions", {**GOOD, "metadata": numbers})
    assert (answer.status, answer.data["metadata"]) == (200, numbers)


def test_the_limits_themselves_are_within_them(api: Gateway) -> None:
    metadata: dict[str, Any] = {f"{n}": n for n in range(95)} | {"x" * 128: nested(4)} | {"n": []}
    metrics = {"m" + "x" * 63: -1e100, **{f"input.m{n}": 1e100 for n in range(49)}}
    answer = api.post("/api/interactions", {**GOOD, "metadata": metadata, "metrics": metrics})
    assert (answer.status, answer.data["metadata"]) == (200, metadata)


@pytest.mark.parametrize(
    "change",
    [
        {"metadata": {"a": ["\0"] * 1000}},
        {"metadata": {f"{n}\0": n for n in range(1000)}},
        {"metrics": {f"m{n}": "x" for n in range(1000)}},
        {f"unknown{n}": n for n in range(10_000)},
    ],
)
def test_many_problems_are_cut_short(api: Gateway, change: dict[str, Any]) -> None:
    answer = api.post("/api/interactions", {**GOOD, **change})
    assert (answer.status, len(answer.data)) == (422, 20)
    assert len(answer.body) < 10_000


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate, gzip"])
@pytest.mark.parametrize("path", ["/api/interactions", "/api/interactions/bulk"])
def test_a_compressed_body_is_not_read(api: Gateway, path: str, encoding: str) -> None:
    answer = api.post(path, GOOD, content_encoding=encoding)
    assert (answer.status, answer.fields) == (415, ["header.content-encoding"])


def test_a_mark_of_byte_order_is_no_part_of_json(api: Gateway) -> None:
    assert raw(api, '\ufeff{"input_text": "", "output_text": ""}').status == 200


@pytest.mark.parametrize(
    "content_type",
    ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=X", "json"],
)
def test_only_json_is_read(api: Gateway, content_type: str) -> None:
    answer = api.send("POST", "/api/interactions", headers={"content-type": content_type}, body=b"{}")
    assert (answer.status, answer.fields) == (415, ["header.content-type"])
    assert "application/json" in answer.message


@pytest.mark.parametrize(
    "kind", ["application/json; charset=utf-8", "Application/JSON", "application/cloudevents+json"]
)
def test_json_goes_by_several_names(api: Gateway, kind: str) -> None:
    body = b'{"input_text": "", "output_text": ""}'
    assert api.send("POST", "/api/interactions", headers={"content-type": kind}, body=body).status == 200


def test_a_body_over_the_limit_is_told_the_way_that_is_left(api: Gateway, clients: Clients, stack: Stack) -> None:
    answer = api.post("/api/interactions", {"input_text": "", "output_text": "x" * 6_200_000})
    assert (answer.status, answer.fields) == (413, ["body"])
    assert "6200000" in answer.message
    assert "several interactions" in answer.message
    assert scan(clients, stack.interactions) == []


@pytest.mark.parametrize("path", ["/api/interactions", "/api/imports"])
@pytest.mark.parametrize(
    "number",
    [
        "0",
        "-1",
        "9007199254740992",
        "1" * 400,
        "1.0",
        "1e3",
        "+1",
        "\uff11",
        "seven",
        "0x1",
        "%F0%9F%98%80",
        " 1",
    ],
)
def test_an_id_that_cannot_be_one_is_said_to_be_wrong(api: Gateway, path: str, number: str) -> None:
    answer = api.get(f"{path}/{number}")
    assert (answer.status, answer.fields) == (422, ["path.id"])
    assert answer.message == "path.id must be a whole number from 1 to 9007199254740991"


@pytest.mark.parametrize("number", ["1", "007", "9007199254740991"])
def test_an_id_that_nothing_has_is_not_found(api: Gateway, number: str) -> None:
    answer = api.get(f"/api/interactions/{number}")
    assert (answer.status, answer.message) == (404, f"There is no interaction {int(number)}.")
    answer = api.get(f"/api/imports/{number}")
    forgotten = "One whose file has not come a day after its form expired is forgotten."
    assert (answer.status, answer.message) == (404, f"There is no import {int(number)}. {forgotten}")


@pytest.mark.parametrize("path", ["/api/interactions", "/api/imports", "/api/alerts"])
class TestListings:
    @pytest.mark.parametrize(
        "limit", ["0", "101", "-1", "1.0", "", "ten", "1_0", "\u0661", "9" * 30, " 5", "%2B5"]
    )
    def test_a_limit_is_a_number_up_to_a_hundred(self, api: Gateway, path: str, limit: str) -> None:
        answer = api.get(path, f"limit={limit}")
        assert (answer.status, answer.message) == (422, "query.limit must be a whole number from 1 to 100")

    @pytest.mark.parametrize("limit", ["1", "100", "010"])
    def test_limits_that_are(self, api: Gateway, path: str, limit: str) -> None:
        assert api.get(path, f"limit={limit}").status == 200

    def test_an_unknown_parameter_is_named_with_those_that_are_known(self, api: Gateway, path: str) -> None:
        answer = api.get(path, "page=2")
        assert (answer.status, answer.fields) == (422, ["query.page"])
        assert "limit, cursor" in answer.message

    def test_a_parameter_given_twice_is_named(self, api: Gateway, path: str) -> None:
        answer = api.get(path, "limit=1&limit=2")
        assert (answer.status, answer.message) == (422, "query.limit is given more than once; give it once")

    @pytest.mark.parametrize(
        "cursor", ["", "x", "AAAA", "%00", "é", "A" * 5000, "=" * 8, "AGsDS8pht9BIwFtUJls5SCkT"]
    )
    def test_a_cursor_that_was_never_given_out_is_refused(self, api: Gateway, path: str, cursor: str) -> None:
        answer = api.get(path, f"cursor={cursor}")
        assert (answer.status, answer.fields) == (400, ["query.cursor"])


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("alert_type=spike", "query.alert_type must be threshold or outlier"),
        ("alert_type=", "query.alert_type must be threshold or outlier"),
        ("alert_type=Threshold", "query.alert_type must be threshold or outlier"),
        ("element=prompt", "query.element must be input or output"),
        ("interaction_id=0", "query.interaction_id must be a whole number from 1 to 9007199254740991"),
        ("interaction_id=x", "query.interaction_id must be a whole number from 1 to 9007199254740991"),
        ("metric=output.length", "query.metric must be the name of a metric, like length"),
        ("metric=", "query.metric must be the name of a metric, like length"),
        ("metric=a%00", "query.metric must be the name of a metric, like length"),
        ("since=today", "query.since must be an RFC 3339 time with its offset"),
        ("until=2026-01-01", "query.until must be an RFC 3339 time with its offset"),
        ("since=2026-01-02T00:00:00Z&until=2026-01-01T00:00:00Z", "query.since must not be after query.until"),
    ],
)
def test_a_filter_that_cannot_match_is_named(api: Gateway, query: str, problem: str) -> None:
    answer = api.get("/api/alerts", query)
    assert answer.status == 422
    assert answer.message.startswith(problem)


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/api/interactions"), ("GET", "/api/interactions/1"), ("POST", "/api/interactions/bulk")],
)
def test_addresses_without_parameters_take_none(api: Gateway, method: str, path: str) -> None:
    answer = api.send(method, path, query="a=1&b=2", headers=JSON, body=b"{}" if method == "POST" else b"")
    assert (answer.status, answer.fields) == (422, ["query.a", "query.b"])


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/api/interactions", "GET, HEAD, POST"),
        ("/api/interactions/1", "DELETE, GET, HEAD"),
        ("/api/interactions/bulk", "POST"),
        ("/api/imports", "GET, HEAD, POST"),
        ("/api/alerts", "GET, HEAD"),
        ("/health", "GET, HEAD"),
        ("/docs", "GET, HEAD"),
    ],
)
@pytest.mark.parametrize("method", ["PUT", "PATCH", "OPTIONS", "TRACE", "FROB"])
def test_a_method_that_an_address_does_not_know(api: Gateway, method: str, path: str, allowed: str) -> None:
    answer = api.send(method, path)
    assert (answer.status, answer.headers["allow"]) == (405, allowed)
    assert answer.message == f"There is no {method} {path}; this address knows {allowed}."


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "",
        "/api",
        "/api/interaction",
        "/api/interactions/",
        "/api/interactions/1/x",
        "/api/alerts/1",
        "/%00%0a",
        "//health",
        "/api/../health",
        "/" + "x" * 5000,
        "/docs/../app.py",
        "/docs/start.js/x",
    ],
)
def test_an_unknown_address_is_not_found(api: Gateway, path: str) -> None:
    answer = api.get(path)
    assert (answer.status, answer.json["success"]) == (404, False)
    assert answer.message.startswith("There is no GET /")
    assert len(answer.message) < 200


def test_what_was_sent_is_never_repeated(api: Gateway) -> None:
    """Not a text, not an unknown value: an answer to a bad request holds only names and what would be right."""
    for body in [
        {**GOOD, "metadata": "secret"},
        {"input_text": "secret\0", "output_text": "secret"},
        {**GOOD, "created_at": "secret"},
        {**GOOD, "metrics": {"a": "secret"}},
    ]:
        answer = api.post("/api/interactions", body)
        assert answer.status == 422
        assert b"secret" not in answer.body
    answer = raw(api, '{"input_text": "secret')
    assert answer.status == 400
    assert b"secret" not in answer.body
