"""The script's upload: the form as S3 wants it, flat memory, and every way in which it can break."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from scripts.importing import upload as module
from scripts.importing.api import Form, ImportTrouble
from scripts.importing.upload import ATTEMPTS, check, upload

if TYPE_CHECKING:
    from pathlib import Path

CONTENT = b"Input,Output\nWhy?,Because.\n" * 10_000
EXPIRED = "<Error><Code>AccessDenied</Code><Message>Invalid according to Policy: Policy expired.</Message></Error>"


class Api:
    """An API that hands out forms and knows whether the file has arrived."""

    def __init__(self) -> None:
        self.keys: list[str] = []
        self.state: dict[str, Any] = {"state": "queued", "size_bytes": None}

    def ask(self, filename: str, idempotency_key: str) -> Form:
        self.keys.append(idempotency_key)
        return Form(
            7, "http://127.0.0.1:4566/bucket", {"key": f"uploads/api/t/{filename}", "policy": "e30="}, 10**9
        )

    def read(self, import_id: int) -> dict[str, Any]:
        assert import_id == 7
        return self.state


class S3:
    """What answers the form: one answer after the other."""

    def __init__(self, *answers: int | str | Exception) -> None:
        self.answers = list(answers)
        self.bodies: list[bytes] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.bodies.append(request.read())
        assert int(request.headers["content-length"]) == len(self.bodies[-1])
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer) if isinstance(answer, int) else httpx.Response(403, text=answer)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "history.csv"
    made.write_bytes(CONTENT)
    return made


def send(api: Api, s3: S3, file: Path) -> tuple[list[int], list[float]]:
    sent: list[int] = []
    waits: list[float] = []
    number = upload(api, file, sent.append, wait=waits.append, transport=httpx.MockTransport(s3))  # type: ignore[arg-type]
    assert number == 7
    return sent, waits


def test_the_fields_come_first_and_then_the_file(file: Path) -> None:
    s3 = S3(204)
    sent, waits = send(Api(), s3, file)
    names = re.findall(rb'name="(\w+)"', s3.bodies[0])
    assert names == [b"key", b"policy", b"file"]
    assert s3.bodies[0].count(CONTENT) == 1
    assert (sent[-1], waits) == (len(CONTENT), [])


def test_the_file_is_read_in_small_pieces(file: Path) -> None:
    sent, _ = send(Api(), S3(204), file)
    steps = [after - before for before, after in zip([0, *sent], sent, strict=False)]
    assert sent == sorted(sent)
    assert 0 < max(steps) <= 1024 * 1024


@pytest.mark.parametrize("trouble", [httpx.WriteError("broken pipe"), httpx.ReadTimeout(""), 500, 503, EXPIRED])
def test_what_breaks_is_sent_again_whole_as_the_same_import(file: Path, trouble: int | str | Exception) -> None:
    api, s3 = Api(), S3(trouble, trouble, 204)
    sent, waits = send(api, s3, file)
    assert waits == [1.0, 2.0]
    assert len(set(api.keys)) == 1
    assert all(CONTENT in body for body in s3.bodies)
    assert sent.count(len(CONTENT)) >= 3


def test_two_uploads_of_a_file_are_two_imports(file: Path) -> None:
    api = Api()
    send(api, S3(204), file)
    send(api, S3(204), file)
    assert len(set(api.keys)) == 2


@pytest.mark.parametrize("arrived", [{"state": "running"}, {"state": "queued", "size_bytes": len(CONTENT)}])
def test_a_file_whose_answer_was_lost_is_not_sent_again(file: Path, arrived: dict[str, Any]) -> None:
    api, s3 = Api(), S3(httpx.ReadError("reset"))
    api.state |= arrived
    send(api, s3, file)
    assert len(s3.bodies) == 1


def test_trouble_that_stays_is_given_up(file: Path) -> None:
    s3 = S3(*[httpx.WriteError("no route to host")] * ATTEMPTS)
    with pytest.raises(ImportTrouble, match=r"could not be uploaded: no route to host\."):
        send(Api(), s3, file)
    assert len(s3.bodies) == ATTEMPTS


def test_what_s3_refuses_is_said_and_not_repeated(file: Path) -> None:
    s3 = S3("<Error><Code>EntityTooLarge</Code><Message>Your proposed upload is too large.</Message></Error>")
    with pytest.raises(ImportTrouble, match=r"S3 does not take the file: Your proposed upload is too large\."):
        send(Api(), s3, file)
    assert len(s3.bodies) == 1


def test_an_empty_file_is_sent_for_its_import_to_say_so(tmp_path: Path) -> None:
    empty = tmp_path / "empty.csv"
    empty.touch()
    assert check(empty) == 0
    s3 = S3(204)
    send(Api(), s3, empty)
    assert b'filename="empty.csv"' in s3.bodies[0]


def test_what_is_no_file_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    with pytest.raises(ImportTrouble, match="There is no file"):
        check(tmp_path / "none.csv")
    with pytest.raises(ImportTrouble, match="is no file"):
        check(tmp_path)


def test_a_file_that_is_too_large_is_told_the_other_ways(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LARGEST", 1000)
    with pytest.raises(ImportTrouble, match=r"pack it \(gzip .*history.csv\), or copy it .*aws s3 cp"):
        check(file)
