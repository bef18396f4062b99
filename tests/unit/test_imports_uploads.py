"""Which import an object is, and which uploads an event tells of."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plumbline.imports.identity import filename, import_id, is_upload
from plumbline.imports.uploads import Unreadable, Upload, read_uploads

AT = datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=UTC)


def test_an_id_is_the_same_for_ever() -> None:
    assert import_id("bucket", "uploads/a.csv", "v1") == 602_933_465_929_687


@given(st.text(), st.text(), st.text())
def test_an_id_is_one_that_every_json_reader_keeps(bucket: str, key: str, version: str) -> None:
    bucket, key, version = (part.encode(errors="ignore").decode() for part in (bucket, key, version))
    assert 1 <= import_id(bucket, key, version) <= 2**52


def test_versions_are_imports_of_their_own_but_not_of_what_the_api_wrote() -> None:
    assert import_id("b", "uploads/a.csv", "1") != import_id("b", "uploads/a.csv", "2")
    assert import_id("b", "uploads/a.csv", "") != import_id("b", "uploads/a.csv", "2")
    assert import_id("b", "uploads/api/token/a.csv", "1") == import_id("b", "uploads/api/token/a.csv")
    assert import_id("b", "uploads/api/a.csv", "1") != import_id("b", "uploads/api/a.csv", "2")
    assert import_id("b", "uploads/api/x/y/a.csv", "1") != import_id("b", "uploads/api/x/y/a.csv", "2")
    assert import_id("bu", "ploads", "") != import_id("b", "uploads", "")


@pytest.mark.parametrize(
    ("key", "upload"),
    [
        ("uploads/a.csv", True),
        ("uploads/2026/01/a.csv", True),
        ("uploads/api/t/a.csv", True),
        ("uploads/", False),
        ("uploads/2026/", False),
        ("rejected/1.csv", False),
        ("texts/1", False),
        ("a.csv", False),
        ("x/uploads/a.csv", False),
    ],
)
def test_which_keys_are_uploads(key: str, upload: bool) -> None:
    assert is_upload(key) == upload


def test_a_file_is_called_by_the_last_part_of_its_key() -> None:
    assert filename("uploads/2026/my file.csv") == "my file.csv"


def record(key: str, **changes: Any) -> dict[str, Any]:
    thing = {"key": key, "size": 12, "eTag": "e", "versionId": "v1", "sequencer": "0055AED6DCD90281E5", **changes}
    return {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "eventTime": "2026-01-02T03:04:05.678Z",
        "eventName": "ObjectCreated:Put",
        "s3": {"s3SchemaVersion": "1.0", "bucket": {"name": "bucket"}, "object": thing},
    }


def test_keys_come_encoded_and_each_upload_once() -> None:
    event = {
        "Records": [
            record("uploads/my+file+%2B+%C3%A9.csv"),
            record("uploads/folder/"),
            record("rejected/1.csv"),
            record("uploads/my+file+%2B+%C3%A9.csv"),
            record("uploads/my+file+%2B+%C3%A9.csv", versionId="v2"),
        ]
    }
    assert list(read_uploads(event)) == [
        Upload("bucket", "uploads/my file + é.csv", "v1", AT),
        Upload("bucket", "uploads/my file + é.csv", "v2", AT),
    ]


@pytest.mark.parametrize("version", [None, "null", ""])
def test_a_bucket_without_versions(version: str | None) -> None:
    (upload,) = read_uploads({"Records": [record("uploads/a.csv", versionId=version)]})
    assert isinstance(upload, Upload)
    assert upload.version == ""


def test_the_event_that_tests_a_notification_tells_of_nothing() -> None:
    event = {"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "bucket", "RequestId": "r", "HostId": "h"}
    assert list(read_uploads(event)) == []
    assert list(read_uploads({"Records": []})) == []


@pytest.mark.parametrize("broken", [{}, {"s3": None}, {"s3": {}}, "text", None, {"s3": {"object": {"key": 5}}}])
def test_a_record_of_something_else_does_not_hide_the_others(broken: Any) -> None:
    first, second = read_uploads({"Records": [broken, record("uploads/a.csv")]})
    assert isinstance(first, Unreadable)
    assert isinstance(second, Upload)
