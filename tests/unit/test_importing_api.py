"""The script's calls of the API: repeated in trouble, given up in time, refused in words."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import httpx
import pytest

from scripts.importing.api import Api, ImportTrouble, Refused, Unreachable

if TYPE_CHECKING:
    from collections.abc import Callable

    Handler = Callable[[httpx.Request], httpx.Response]

STATUS = {"id": 7, "state": "running"}


class Time:
    """A clock that moves by what is waited."""

    def __init__(self) -> None:
        self.now = 0.0
        self.waits: list[float] = []

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


def answering(*answers: httpx.Response | Exception) -> tuple[Handler, list[httpx.Request]]:
    """One answer after the other, the last one for ever."""
    asked: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        answer = answers[min(len(asked), len(answers)) - 1]
        if isinstance(answer, Exception):
            raise answer
        return answer

    return handle, asked


def api(handler: Handler, time: Time, url: str = "http://127.0.0.1:8000/") -> Api:
    return Api(url, transport=httpx.MockTransport(handler), wait=time.wait, clock=lambda: time.now)


def good(data: object) -> httpx.Response:
    return httpx.Response(200, json={"success": True, "data": data, "message": ""})


def bad(status: int, message: str = "Busy.") -> httpx.Response:
    return httpx.Response(status, json={"success": False, "data": [], "message": message})


def test_who_has_no_good_key_is_told_where_it_is_taken_from() -> None:
    handler, asked = answering(bad(401, "The API key does not open this deployment."))
    with pytest.raises(Refused, match=r"does not open this deployment\. .*export PLUMBLINE_KEY=") as refused:
        api(handler, Time()).read(7)
    assert (refused.value.status, len(asked)) == (401, 1)


def test_a_form_is_asked_for_with_the_name_and_the_key() -> None:
    handler, asked = answering(good({"id": 7, "url": "http://s3/", "fields": {"key": "k"}, "max_bytes": 9}))
    form = api(handler, Time()).ask("a.csv", "k-1")
    assert (form.import_id, form.url, form.fields, form.max_bytes) == (7, "http://s3/", {"key": "k"}, 9)
    assert str(asked[0].url) == "http://127.0.0.1:8000/api/imports"
    assert asked[0].headers["idempotency-key"] == "k-1"
    assert json.loads(asked[0].content) == {"filename": "a.csv"}


@pytest.mark.parametrize(
    "trouble", [httpx.ConnectError("refused"), httpx.ReadTimeout("slow"), *map(bad, (429, 502, 503, 504))]
)
def test_trouble_that_passes_is_waited_for(trouble: httpx.Response | Exception) -> None:
    time = Time()
    handler, asked = answering(trouble, trouble, trouble, good(STATUS))
    assert api(handler, time).read(7) == STATUS
    assert (len(asked), time.waits) == (4, [0.5, 1.0, 2.0])


def test_trouble_that_stays_is_given_up_and_said() -> None:
    time = Time()
    handler, _ = answering(httpx.ConnectError("Connection refused"))
    with pytest.raises(Unreachable, match=r"http://127.0.0.1:8000 does not answer \(Connection refused\)"):
        api(handler, time).read(7)
    assert 100 < time.now <= 120
    assert max(time.waits) == 15


@pytest.mark.parametrize("status", [404, 409, 413, 422, 500])
def test_what_the_api_refuses_is_not_repeated_and_said_in_its_words(status: int) -> None:
    handler, asked = answering(bad(status, "There is no import 7."))
    with pytest.raises(Refused, match=r"There is no import 7\.") as refused:
        api(handler, Time()).redrive(7)
    assert (len(asked), refused.value.status) == (1, status)


@pytest.mark.parametrize(
    "answer", [httpx.Response(200, text="<html>"), httpx.Response(200, json=[1]), httpx.Response(200, json={})]
)
def test_another_program_at_the_address_is_noticed(answer: httpx.Response) -> None:
    handler, _ = answering(answer)
    with pytest.raises(ImportTrouble, match="is not Plumbline's API"):
        api(handler, Time()).read(7)


def test_an_error_without_words_is_told_by_its_status() -> None:
    handler, _ = answering(httpx.Response(403, text="Forbidden"))
    with pytest.raises(Refused, match="HTTP status 403"):
        api(handler, Time()).read(7)


@pytest.mark.parametrize("url", ["127.0.0.1:8000", "ftp://a/", "http://"])
def test_an_address_that_is_none_is_said(url: str) -> None:
    with pytest.raises(ImportTrouble, match="is no address of an API"):
        Api(url, patience=0).read(7)


def test_a_redrive_says_how_many_chunks_it_sends() -> None:
    handler, asked = answering(good({"id": 7, "chunks": 3}))
    assert api(handler, Time()).redrive(7) == 3
    assert (asked[0].method, asked[0].url.path) == ("POST", "/api/imports/7/redrive")
