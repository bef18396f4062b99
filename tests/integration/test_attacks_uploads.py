"""Objects whose keys are an attack, events of other buckets, and presigned forms used for something else."""

from __future__ import annotations

import base64
import json
import secrets
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from plumbline.imports.identity import import_id

from tests.support.gateway import Clock, Gateway, services
from tests.support.import_function import context, event, lines, load
from tests.support.imports import Site, csv_file
from tests.support.tables import Stack, scan

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plumbline.storage.clients import Clients

FILE = csv_file([["What is 2+2?", "Four it is."]])
KEYS = [
    "uploads/../texts/1.csv",
    "uploads/../../etc/passwd",
    "uploads/./a/../b.csv",
    "uploads//double.csv",
    "uploads/line\nbreak.csv",
    'uploads/{"level":"ERROR"}\n{"level":"INFO","message":"forged"}.csv',
    "uploads/\x1b[31mred\x1b[0m.csv",
    "uploads/100%25.csv",
    "uploads/%2e%2e%2fsecret.csv",
    "uploads/%00.csv",
    "uploads/a+b c.csv",
    "uploads/\U0001f9ee\U0001f469\u200d\U0001f469.csv",
    "uploads/\u202evsc.exe",
    "uploads/" + "x" * 1016,
    "uploads/" + "\U0001f9ee" * 254,
    "uploads/api/0123/\u2025/a.csv",
    "uploads/<script>alert(1)</script>.csv",
    "uploads/=cmd|' /C calc'!A0.csv",
]


@pytest.fixture
def moto_stack(moto_clients: Clients) -> Iterator[Stack]:
    made = Stack.create(moto_clients)
    yield made
    made.delete(moto_clients)


@pytest.fixture
def site(moto_clients: Clients, moto_stack: Stack) -> Site:
    return Site(moto_clients, moto_stack)


@pytest.fixture
def handle(site: Site, monkeypatch: pytest.MonkeyPatch) -> Any:
    # A logger of its own: one that an earlier test made writes to that test's output.
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", secrets.token_hex(4))
    return load().ImportsHandler(site.stack.settings(), site.clients)


@pytest.fixture
def api(site: Site) -> Gateway:
    return Gateway(services(site.clients, site.stack.settings(), Clock()))


def objects(site: Site) -> list[str]:
    listed = site.clients.s3.list_objects_v2(Bucket=site.stack.bucket)
    return sorted(one["Key"] for one in listed.get("Contents", []))


@pytest.mark.parametrize("key", KEYS, ids=ascii)
def test_whatever_a_key_holds_its_file_is_imported_and_nothing_else_is_touched(
    key: str, site: Site, handle: Any, api: Gateway, capsys: pytest.CaptureFixture[str]
) -> None:
    upload = site.upload(FILE, key)
    handle(event(upload), context())
    assert len(site.interactions()) == 1
    # Nothing is written where the key would lead if it were a path; a file that is imported leaves nothing behind.
    assert objects(site) == [key]
    shown = api.get(f"/api/imports/{upload.import_id}")
    assert (shown.data["key"], shown.data["state"]) == (key, "succeeded")
    assert shown.data["filename"] == key.rsplit("/", 1)[-1]
    for line in lines(capsys):  # each is one JSON object, whatever stands in the key
        assert line.get("message") != "forged"
        assert not any(key in str(value) for value in line.values())


@pytest.mark.parametrize(
    "key", ["staging/1/000001", "rejected/1.csv", "texts/1", "uploads", "uploads/", "Uploads/a.csv"]
)
def test_what_is_no_upload_is_not_imported(key: str, site: Site, handle: Any) -> None:
    handle(event(site.upload(FILE, key)), context())
    assert site.interactions() == []
    assert scan(site.clients, site.stack.imports) == []


def test_an_event_of_another_bucket_imports_nothing(
    site: Site, handle: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    other = f"foreign-{secrets.token_hex(6)}"
    region: Any = {"LocationConstraint": site.clients.s3.meta.region_name}
    site.clients.s3.create_bucket(Bucket=other, CreateBucketConfiguration=region)
    site.clients.s3.put_object(Bucket=other, Key="uploads/a.csv", Body=FILE)
    mine = site.upload(FILE, "uploads/a.csv")
    handle(event(replace(mine, bucket=other, version=""), mine), context())
    assert len(site.interactions()) == 1
    assert [line["problem"] for line in lines(capsys) if "problem" in line] == ["another bucket's"]


def test_a_key_of_another_import_is_no_way_into_it(site: Site, handle: Any, api: Gateway) -> None:
    """Who may write into the bucket can write under a key that the API chose: it is that import, and no other."""
    asked = api.post("/api/imports", {"filename": "mine.csv"}).data
    upload = site.upload(FILE, asked["fields"]["key"])
    assert upload.import_id == asked["id"]
    handle(event(upload), context())
    again = site.upload(FILE * 2, asked["fields"]["key"])
    handle(event(again), context())
    assert len(site.interactions()) == 1, "a form's key is imported once, whatever is written there later"


class TestPresignedForms:
    """S3 takes a form only if every field meets its policy; the policy is evaluated as S3 does it."""

    @pytest.fixture
    def form(self, api: Gateway) -> dict[str, Any]:
        answer = api.post("/api/imports", {"filename": "history.csv"})
        data: dict[str, Any] = answer.data
        return data

    def test_the_form_that_was_asked_for_is_taken(self, form: dict[str, Any]) -> None:
        assert allowed(form, form["fields"], 1)
        assert allowed(form, form["fields"], 5_000_000_000)

    @pytest.mark.parametrize(
        "key",
        [
            "uploads/other.csv",
            "texts/1",
            "rejected/1.csv",
            "staging/1/000001",
            "",
            "${filename}",
            "../a",
            "{}/..",
            "{} ",
        ],
    )
    def test_no_other_key(self, form: dict[str, Any], key: str) -> None:
        assert not allowed(form, {**form["fields"], "key": key.replace("{}", form["fields"]["key"])}, 1)

    @pytest.mark.parametrize("size", [5_000_000_001, 10**12])
    def test_no_other_size(self, form: dict[str, Any], size: int) -> None:
        assert not allowed(form, form["fields"], size)

    @pytest.mark.parametrize(
        "field",
        [
            {"Content-Type": "text/html"},
            {"acl": "public-read"},
            {"success_action_redirect": "https://evil.example"},
            {"x-amz-meta-a": "b"},
            {"x-amz-storage-class": "DEEP_ARCHIVE"},
            {"x-amz-website-redirect-location": "https://evil.example"},
            {"x-amz-server-side-encryption": "aws:kms"},
            {"tagging": "<Tagging/>"},
        ],
        ids=str,
    )
    def test_no_type_and_nothing_else_that_was_not_agreed(
        self, form: dict[str, Any], field: dict[str, str]
    ) -> None:
        assert not allowed(form, {**form["fields"], **field}, 1)

    def test_not_for_another_bucket_and_not_for_longer_than_a_quarter_of_an_hour(
        self, form: dict[str, Any], site: Site
    ) -> None:
        policy = json.loads(base64.b64decode(form["fields"]["policy"]))
        assert {"bucket": site.stack.bucket} in policy["conditions"]
        assert form["expires_at"] < "2026-03-04T05:21:08"

    def test_the_import_is_bound_to_the_key(self, form: dict[str, Any], site: Site) -> None:
        assert form["id"] == import_id(site.stack.bucket, form["fields"]["key"])


def allowed(form: dict[str, Any], fields: dict[str, str], size: int) -> bool:
    """Whether S3 would take a file of ``size`` with these fields (Amazon S3 API: POST Policy): each condition is
    met, and each field has one, but for those that S3 exempts.
    """
    conditions: list[Any] = json.loads(base64.b64decode(form["fields"]["policy"]))["conditions"]
    exempt = {"policy", "x-amz-signature", "file"}
    exact: dict[str, str] = {}
    for condition in conditions:
        if isinstance(condition, dict):
            exact.update(condition)
        else:
            assert condition[0] == "content-length-range", "a prefix would leave the sender a choice"
            if not condition[1] <= size <= condition[2]:
                return False
    exact.pop("bucket")
    return {name: value for name, value in fields.items() if name not in exempt} == exact
