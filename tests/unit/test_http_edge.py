"""The outermost layer: whole answers, of a size that Lambda can give, whatever happens inside."""

from __future__ import annotations

import asyncio
import gzip
import json
import random
import string
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from plumbline.http.edge import Edge
from plumbline.http.services import Services
from starlette.responses import PlainTextResponse, Response

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send


def ask(inner: Any, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of what the edge answers around ``inner``."""
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b""}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": "/",
        "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
        "aws.event": {"requestContext": {"requestId": "the-id"}},
    }
    asyncio.run(Edge(inner, Services())(scope, receive, send))
    start, body = sent
    names = {name.decode(): value.decode() for name, value in start["headers"]}
    return start["status"], names, body["body"]


def test_a_small_answer_passes_as_it_is() -> None:
    status, headers, body = ask(PlainTextResponse("x" * 1000), accept_encoding="gzip")
    assert (status, body, headers["content-length"]) == (200, b"x" * 1000, "1000")
    assert "content-encoding" not in headers


def test_head_is_get_without_the_body() -> None:
    async def inner(scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["method"] == "GET"
        await PlainTextResponse("text")(scope, receive, send)

    status, headers, body = ask(inner, "HEAD")
    assert (status, headers["content-type"], body) == (200, "text/plain; charset=utf-8", b"")
    assert "content-length" not in headers


@pytest.mark.parametrize(("accepts", "packed"), [("gzip, br", True), ("br", False), ("", False)])
def test_a_large_answer_is_compressed_for_those_who_take_it(accepts: str, packed: bool) -> None:
    text = b"word " * 100_000
    _, headers, body = ask(Response(text), accept_encoding=accepts)
    assert ("content-encoding" in headers, int(headers["content-length"])) == (packed, len(body))
    assert (gzip.decompress(body) if packed else body) == text


def test_an_answer_that_lambda_would_not_take_is_compressed_for_all() -> None:
    text = b"word " * 1_200_000
    _, headers, body = ask(Response(text))
    assert headers["content-encoding"] == "gzip"
    assert gzip.decompress(body) == text


def test_an_answer_that_grows_when_it_is_quoted_is_measured_quoted() -> None:
    text = b'"' * 4_000_000
    _, headers, body = ask(Response(text))
    assert headers["content-encoding"] == "gzip"
    assert gzip.decompress(body) == text


def test_noise_is_left_as_it_is_while_it_fits() -> None:
    text = "".join(
        random.Random(1).choices(
            string.ascii_letters + string.digits + "!#$%&()*+,-./:;<=>?@[]^_`{|}~", k=6_000_000
        )
    ).encode()
    _, headers, body = ask(Response(text), accept_encoding="gzip")
    assert "content-encoding" not in headers
    assert body == text


@pytest.mark.parametrize("letters", ["cjk", "control"])
def test_the_longest_texts_fit(letters: str) -> None:
    alphabet = "".join(map(chr, range(0x4E00, 0x9FA5) if letters == "cjk" else range(1, 32)))
    bytes_a_letter = len(json.dumps(alphabet, ensure_ascii=False).encode()) / len(alphabet)
    text = "".join(random.Random(1).choices(alphabet, k=int(6_200_000 / bytes_a_letter)))
    status, headers, body = ask(Response(json.dumps(text, ensure_ascii=False)))
    assert status == 200
    assert json.loads(gzip.decompress(body) if "content-encoding" in headers else body) == text


def test_what_cannot_be_sent_at_all_is_said() -> None:
    status, headers, body = ask(Response(random.Random(1).randbytes(4_000_000).hex().encode() + b"!" * 10))
    assert status == 200, "hexadecimal digits are half air"
    text = "".join(random.Random(1).choices(string.printable[:94], k=9_000_000)).encode()
    status, headers, body = ask(Response(text))
    assert status == 500
    assert "more than can be sent in one" in json.loads(body)["message"]
    assert int(headers["content-length"]) == len(body)


def test_an_answer_that_is_compressed_already_stays_so() -> None:
    text = gzip.compress(random.Random(1).randbytes(200_000))
    _, _, body = ask(Response(text, headers={"Content-Encoding": "gzip"}), accept_encoding="gzip")
    assert body == text


class Secret(Exception):
    pass


async def broken(scope: Scope, receive: Receive, send: Send) -> None:
    raise Secret("the text of an interaction")


async def refused(scope: Scope, receive: Receive, send: Send) -> None:
    said = {"Error": {"Code": "AccessDeniedException", "Message": "on the text of an interaction"}}
    raise ClientError(said, "PutItem")  # type: ignore[arg-type]


async def broken_midway(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    raise Secret("the text of an interaction")


@pytest.mark.parametrize("inner", [broken, broken_midway])
def test_what_nobody_foresaw_is_answered_and_logged_without_its_words(
    inner: Any,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Powertools' loggers write for ever to the standard output of their first use, and this test has its own.
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", f"edge-{inner.__name__}")
    status, _, body = ask(inner)
    assert status == 500
    assert json.loads(body) == {
        "success": False,
        "data": [],
        "message": "Something went wrong inside Plumbline. Its logs say what, under the request id the-id.",
    }
    (record,) = [one for one in caplog.records if one.message == "unexpected error"]
    assert vars(record)["request_id"] == "the-id"
    assert vars(record)["error"].endswith("Secret")
    assert any("test_http_edge.py" in place for place in vars(record)["where"])
    written = capsys.readouterr()
    assert '"message":"unexpected error"' in written.out
    assert "the text" not in written.out + written.err + caplog.text


def test_what_aws_refused_is_logged_by_its_code(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "edge-refused")
    assert ask(refused)[0] == 500
    (record,) = [one for one in caplog.records if one.message == "unexpected error"]
    assert vars(record)["refused"] == "PutItem: AccessDeniedException"
    assert "the text" not in caplog.text
