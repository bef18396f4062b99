"""Files through the API: what is taken, what is refused, and what is kept of it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus, urlparse

import pytest
from plumbline.imports.identity import import_id
from plumbline.models import Import
from plumbline.storage.files import FileInfo
from plumbline.storage.imports import ImportStore

from tests.support import faults
from tests.support.gateway import NOW, Answer, Clock, Gateway, form, part, services

if TYPE_CHECKING:
    from plumbline.storage.clients import Clients

    from tests.support.tables import Stack

CSV = b"Input,Output\r\nWhy?,Because.\r\n"
MULTIPART = "multipart/form-data; boundary=XXXX"


def send(api: Gateway, body: bytes, content_type: str = MULTIPART) -> Answer:
    return api.send("POST", "/api/interactions/bulk", headers={"content-type": content_type}, body=body)


def kept(clients: Clients, stack: Stack) -> dict[str, bytes]:
    """Every version of every file in the bucket."""
    listed = clients.s3.list_object_versions(Bucket=stack.bucket).get("Versions", [])
    return {
        f"{one['Key']} {one['VersionId']}": clients.s3.get_object(
            Bucket=stack.bucket, Key=one["Key"], VersionId=one["VersionId"]
        )["Body"].read()
        for one in listed
    }


def test_a_file_is_kept_and_its_import_announced(api: Gateway, clients: Clients, stack: Stack) -> None:
    answer = api.upload(CSV, "my rows.csv")
    assert answer.json == {
        "success": True,
        "data": None,
        "message": "CSV file received. Processing in the background...",
    }
    ((name, content),) = kept(clients, stack).items()
    key, _, version = name.rpartition(" ")
    assert (content, key.startswith("uploads/api/"), key.endswith("/my rows.csv")) == (CSV, True, True)
    number = import_id(stack.bucket, key, version)
    assert answer.headers["location"] == f"/api/imports/{number}"
    read = api.get(answer.headers["location"])
    assert (read.status, read.message) == (200, "Import fetched successfully")
    assert read.data == {
        "id": number,
        "filename": "my rows.csv",
        "key": key,
        "state": "queued",
        "created_at": "2026-03-04T05:06:07.890123Z",
        "started_at": None,
        "progressed_at": None,
        "finished_at": None,
        "size_bytes": len(CSV),
        "bytes_total": None,
        "bytes_read": 0,
        "progress": None,
        "chunks": 0,
        "chunks_done": 0,
        "rows_read": 0,
        "rows_stored": 0,
        "rows_known": 0,
        "rows_rejected": 0,
        "rows_per_second": None,
        "alerts_raised": 0,
        "problems": [],
        "failure": None,
        "stalled": None,
        "rejected_rows": None,
    }
    assert api.get("/api/imports").data == [read.data]


def test_a_file_is_kept_byte_for_byte(api: Gateway, clients: Clients, stack: Stack) -> None:
    content = bytes(range(256)) * 40 + b"\r\n--XXX\r\nno boundary --XXXX--\n--XXXX\r\n\r\n"
    assert api.upload(content).status == 200
    assert list(kept(clients, stack).values()) == [content]


def test_the_largest_file_is_taken_and_a_larger_one_told_where_to_go(
    api: Gateway, clients: Clients, stack: Stack
) -> None:
    overhead = len(form(part("file", b"", "rows.csv")))
    assert api.upload(b"x" * (4_650_000 - overhead)).status == 200
    answer = api.upload(b"x" * (4_650_001 - overhead))
    assert (answer.status, answer.fields) == (413, ["body"])
    assert f"aws s3 cp interactions.csv s3://{stack.bucket}/uploads/" in answer.message
    assert "POST /api/imports" in answer.message
    assert len(kept(clients, stack)) == 1


@pytest.mark.parametrize(
    ("sent", "safe"),
    [
        ("rows.csv", "rows.csv"),
        ("C:\\Users\\me\\rows.csv", "rows.csv"),
        ("../../etc/rows.csv", "rows.csv"),
        ("..", "upload.csv"),
        ("", "upload.csv"),
        ("a/", "upload.csv"),
        ("Fragen & Antworten \u2013 März.csv", "Fragen & Antworten \u2013 März.csv"),
        ("50% 😀+#?.csv", "50% 😀+#?.csv"),
        ("a\tb\x7f.csv", "a_b_.csv"),
        ("é" * 300 + ".csv", "é" * 125 + ".csv"),
        ("x" * 300, "x" * 255),
    ],
)
def test_a_file_keeps_its_name_as_far_as_it_is_one(
    api: Gateway, clients: Clients, stack: Stack, sent: str, safe: str
) -> None:
    answer = api.upload(CSV, sent)
    assert answer.status == 200
    assert api.get(answer.headers["location"]).data["filename"] == safe
    ((name, _),) = kept(clients, stack).items()
    assert name.rpartition(" ")[0].split("/", 3)[3] == safe


def test_an_empty_file_is_taken_for_its_import_to_say_so(api: Gateway, clients: Clients, stack: Stack) -> None:
    answer = api.upload(b"", "a.csv")
    assert answer.status == 200
    assert api.get(answer.headers["location"]).data["size_bytes"] == 0
    assert list(kept(clients, stack).values()) == [b""]


@pytest.mark.parametrize(
    ("body", "status", "field", "problem"),
    [
        (form(), 422, "body.file", "is required"),
        (form(part("data", CSV, "a.csv")), 422, "body.data", "is not known here; the one field is file"),
        (form(part("file", CSV, "a.csv"), part("note", b"x")), 422, "body.note", "is not known here"),
        (form(part("file", CSV, "a.csv"), part("file", CSV, "b.csv")), 422, "body.file", "more than once"),
        (form(part("file", CSV)), 422, "body.file", "must be a file, not text"),
        (form(part("file", b"", "")), 422, "body.file", "is required"),
        (form(part("file", CSV, "a.csv"))[:-8], 400, "body", "cut off"),
        (part("file", CSV, "a.csv"), 400, "body", "cut off"),
        (b"", 400, "body", "cut off"),
        (b"Input,Output\r\n", 400, "body", "cannot be taken apart"),
        (form(part("file", CSV, "a.csv")).replace(b"XXXX", b"YYYY"), 400, "body", "cannot be taken apart"),
        (b"--XXXX\r\nfile\r\n\r\nx\r\n--XXXX--\r\n", 400, "body", "cannot be taken apart"),
        (b"--XXXX\r\n" + b"a: b\r\n" * 10_000 + b"\r\n--XXXX--\r\n", 400, "body", "more than 8 headers"),
        (b"--XXXX\r\n" + b"a" * 100_000 + b": b\r\n\r\n--XXXX--\r\n", 400, "body", "more than 4096 bytes"),
    ],
)
def test_a_form_without_one_whole_file_is_refused(
    api: Gateway, clients: Clients, stack: Stack, body: bytes, status: int, field: str, problem: str
) -> None:
    answer = send(api, body)
    assert (answer.status, answer.fields[:1]) == (status, [field])
    assert problem in answer.data[0]["problem"]
    assert kept(clients, stack) == {}
    assert api.get("/api/imports").data == []


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("", 415),
        ("text/csv", 415),
        ("application/json", 415),
        ("multipart/mixed; boundary=XXXX", 415),
        ("multipart/form-data", 400),
        ("multipart/form-data; boundary=", 400),
        (f"multipart/form-data; boundary={'X' * 71}", 400),
        ("multipart/form-data; boundary=YYYY", 400),
    ],
)
def test_only_a_form_is_read(api: Gateway, content_type: str, status: int) -> None:
    answer = send(api, form(part("file", CSV, "a.csv")), content_type)
    assert answer.status == status
    assert answer.fields in (["header.content-type"], ["body"])


def test_the_same_file_twice_is_two_imports(api: Gateway) -> None:
    first, second = api.upload(CSV), api.upload(CSV)
    assert first.headers["location"] != second.headers["location"]


def test_the_same_file_twice_with_one_key_is_one_import(api: Gateway) -> None:
    first, second = (api.upload(CSV, idempotency_key="k-1") for _ in range(2))
    assert first.headers["location"] == second.headers["location"]
    assert len(api.get("/api/imports").data) == 1
    for other in (api.upload(CSV + b"a,b\n", idempotency_key="k-1"), api.upload(CSV, idempotency_key="k-2")):
        assert other.headers["location"] != first.headers["location"]


def test_storage_that_fails_before_the_file_is_kept_is_said(clients: Clients, stack: Stack, clock: Clock) -> None:
    down = faults.Faults(lambda number, call: unavailable())
    answer = Gateway(services(down.wrap(clients), stack.settings(), clock)).upload(CSV)
    assert (answer.status, answer.headers["retry-after"]) == (503, "1")
    assert kept(clients, stack) == {}


def test_a_file_that_is_kept_is_not_sent_again(clients: Clients, stack: Stack, clock: Clock) -> None:
    """Its event imports it, with or without the announcement; a 503 would have it imported twice."""
    down = faults.Faults(lambda number, call: call() if number == 1 else unavailable())
    answer = Gateway(services(down.wrap(clients), stack.settings(), clock)).upload(CSV)
    assert answer.status == 200
    assert down.calls == 2
    assert list(kept(clients, stack).values()) == [CSV]


def test_imports_are_listed_newest_first_page_by_page(api: Gateway, clock: Clock) -> None:
    for number in range(5):
        clock.pass_time(seconds=1)
        api.upload(CSV, f"{number}.csv")
    names: list[str] = []
    query: dict[str, Any] = {"limit": 2}
    for size in (2, 2, 1):
        page = api.get("/api/imports", query)
        assert (page.message, len(page.data)) == ("Imports fetched successfully", size)
        names += [one["filename"] for one in page.data]
        clock.pass_time(seconds=1)
        api.upload(CSV, "newer.csv")
        query["cursor"] = page.json.get("next_cursor")
    assert names == ["4.csv", "3.csv", "2.csv", "1.csv", "0.csv"]
    assert query["cursor"] is None


def test_an_import_shows_what_could_not_be_used(api: Gateway, clients: Clients, stack: Stack) -> None:
    store = ImportStore(clients, stack.imports)
    made = Import(7, stack.bucket, "uploads/ä b.csv", "v", "ä b.csv", "queued", NOW, size_bytes=900)
    store.create(made)
    store.start(7, NOW + timedelta(seconds=1), FileInfo(made.key, made.version, 900))
    clients.s3.put_object(Bucket=stack.bucket, Key="rejected/7.csv", Body=b"rejected")
    store.end(7, "succeeded_with_problems", NOW + timedelta(seconds=2), rejected_key="rejected/7.csv")
    data = api.get("/api/imports/7").data
    assert data["state"] == "succeeded_with_problems"
    assert (data["started_at"], data["finished_at"]) == (
        "2026-03-04T05:06:08.890123Z",
        "2026-03-04T05:06:09.890123Z",
    )
    assert data["rejected_rows"]["s3"] == f"s3://{stack.bucket}/rejected/7.csv"
    address = urlparse(data["rejected_rows"]["url"])
    assert address.path.endswith("/rejected/7.csv")
    assert "X-Amz-Expires=900" in address.query
    assert "ä b-rejected.csv" in unquote_plus(unquote_plus(address.query))


def test_a_failed_import_says_why(api: Gateway, clients: Clients, stack: Stack) -> None:
    store = ImportStore(clients, stack.imports)
    store.create(Import(8, stack.bucket, "uploads/b.csv", "v", "b.csv", "queued", NOW))
    store.end(8, "failed", NOW, failure="The file is empty.")
    data = api.get("/api/imports/8").data
    assert (data["state"], data["failure"], data["size_bytes"]) == ("failed", "The file is empty.", None)


def unavailable() -> Any:
    raise faults.error("SlowDown", 503)
