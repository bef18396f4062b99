"""Asking where to upload a large file: the form that is answered, and the import that waits for the file."""

from __future__ import annotations

import base64
import json
import shlex
from typing import TYPE_CHECKING, Any

import pytest
from plumbline.imports.identity import import_id

from tests.support import faults
from tests.support.gateway import Answer, Clock, Gateway, services

if TYPE_CHECKING:
    from plumbline.storage.clients import Clients

    from tests.support.tables import Stack

NAME = "Fragen & Antworten.csv.gz"


def ask(api: Gateway, body: Any = None, **headers: str) -> Answer:
    return api.post("/api/imports", {"filename": NAME} if body is None else body, **headers)


def policy(answer: Answer) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(base64.b64decode(answer.data["fields"]["policy"]))
    return read


def test_the_import_is_there_before_the_file(api: Gateway, stack: Stack) -> None:
    answer = ask(api)
    assert (answer.status, answer.data["max_bytes"]) == (200, 5_000_000_000)
    assert answer.data["expires_at"] == "2026-03-04T05:21:07.890123Z"
    key = answer.data["fields"]["key"]
    assert key.startswith("uploads/api/")
    assert key.endswith(f"/{NAME}")
    assert answer.data["id"] == import_id(stack.bucket, key, "any version")
    assert answer.headers["location"] == f"/api/imports/{answer.data['id']}"
    waiting = api.get(answer.headers["location"]).data
    assert (waiting["state"], waiting["key"], waiting["filename"]) == ("queued", key, NAME)
    assert (waiting["size_bytes"], waiting["started_at"]) == (None, None)


def test_the_form_takes_this_one_file_and_nothing_else(api: Gateway, stack: Stack) -> None:
    answer = ask(api)
    fields = dict(answer.data["fields"])
    conditions = policy(answer)["conditions"]
    assert ["content-length-range", 0, 5_000_000_000] in conditions
    exact = {name: value for one in conditions if isinstance(one, dict) for name, value in one.items()}
    assert not any(isinstance(one, list) and one[0] != "content-length-range" for one in conditions)
    assert exact.pop("bucket") == stack.bucket
    assert set(fields) - set(exact) == {"policy", "x-amz-signature"}
    assert all(fields[name] == value for name, value in exact.items())


def test_the_form_is_good_for_a_quarter_of_an_hour(api: Gateway) -> None:
    answer = ask(api)
    signed = answer.data["fields"]["x-amz-date"]
    ends = policy(answer)["expiration"].replace("-", "").replace(":", "")
    hours, minutes = int(ends[9:11]) - int(signed[9:11]), int(ends[11:13]) - int(signed[11:13])
    assert (hours * 60 + minutes) % (24 * 60) == 15


def test_the_answer_has_the_command_that_uploads(api: Gateway) -> None:
    data = ask(api).data
    words = shlex.split(data["curl"])
    assert (words[0], words[-1], words[-2]) == ("curl", data["url"], f'file=@"{NAME}"')
    sent = dict(
        word.split("=", 1) for word, before in zip(words[1:], words, strict=False) if before == "--form-string"
    )
    assert sent == data["fields"]


def test_asking_twice_is_two_imports_and_with_one_key_one(api: Gateway) -> None:
    assert ask(api).data["id"] != ask(api).data["id"]
    first, second = ask(api, idempotency_key="k-1"), ask(api, idempotency_key="k-1")
    assert first.data["id"] == second.data["id"]
    assert first.data["fields"]["key"] == second.data["fields"]["key"]
    for other in (ask(api, {"filename": "other.csv"}, idempotency_key="k-1"), ask(api, idempotency_key="k-2")):
        assert other.data["id"] != first.data["id"]
    assert len(api.get("/api/imports").data) == 5


@pytest.mark.parametrize(
    ("body", "field", "problem"),
    [
        ({}, "body.filename", "is required"),
        ({"filename": 7}, "body.filename", "must be text, not a number"),
        ({"filename": None}, "body.filename", "must be text, not null"),
        ({"filename": ""}, "body.filename", "must be the file's name"),
        ({"filename": "../a.csv"}, "body.filename", "without the folders"),
        ({"filename": "a\u0000.csv"}, "body.filename", "must not contain U+0000"),
        ({"filename": "a\tb.csv"}, "body.filename", "control characters"),
        ({"filename": "a.parquet"}, "body.filename", "must end in .csv"),
        ({"filename": "é" * 252 + ".csv"}, "body.filename", "at most 255 characters"),
        ({"filename": "a.csv", "size": 3}, "body.size", "is not known here; known are filename"),
        (["a.csv"], "body", "must be a JSON object"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_announced(api: Gateway, body: Any, field: str, problem: str) -> None:
    answer = ask(api, body)
    assert (answer.status, answer.fields) == (422, [field])
    assert problem in answer.data[0]["problem"]
    assert api.get("/api/imports").data == []


@pytest.mark.parametrize("key", ["", "a b", "x" * 256])
def test_a_bad_idempotency_key_is_refused(api: Gateway, key: str) -> None:
    assert ask(api, idempotency_key=key).fields == ["header.idempotency-key"]


def test_no_form_is_given_out_for_an_import_that_could_not_be_kept(
    clients: Clients, stack: Stack, clock: Clock
) -> None:
    def unavailable() -> Any:
        raise faults.error("ProvisionedThroughputExceededException", 400)

    down = faults.Faults(lambda number, call: unavailable())
    answer = ask(Gateway(services(down.wrap(clients), stack.settings(), clock)))
    assert (answer.status, answer.headers["retry-after"], answer.data) == (503, "1", [])


def test_the_log_holds_nothing_of_the_form(api: Gateway, caplog: pytest.LogCaptureFixture) -> None:
    data = ask(api).data
    (line,) = caplog.records
    assert line.message == "request answered"
    logged = repr(vars(line))
    assert not any(value in logged for value in (NAME, *data["fields"].values()))
