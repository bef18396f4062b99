"""Redaction on every path: what was planted is nowhere but in the uploader's own file, whatever becomes of it."""

from __future__ import annotations

import csv
import gzip
import json
import secrets
from collections import Counter
from random import Random
from typing import TYPE_CHECKING, Any

import orjson
import pytest
from plumbline.imports.redacting import NOT_REDACTED, WITHHELD
from plumbline.metrics import measure
from plumbline.redaction import KINDS, OwnPattern, Redactor

from tests.support.faults import Killed, Mortal
from tests.support.gateway import Clock, Gateway, services
from tests.support.imports import SMALL, Site, Watching, csv_file
from tests.support.queued import queued
from tests.support.tables import Stack, scan

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plumbline.models import Import
    from plumbline.redaction import Redacted
    from plumbline.storage.clients import Clients

PLANTED = ("joe@example.org", "4111 1111 1111 1111", "4111111111111111", "EMP-123456", "+49 30 901820", "10.1.2.3")
OWN = (OwnPattern("EMPLOYEE", "EMP-[0-9]{6}"),)
ALL = Redactor(own=OWN)
ASKED, ANSWERED = "I am joe@example.org, 4111 1111 1111 1111.", "Hello EMP-123456 at +49 30 901820 or 10.1.2.3!"
ASKED_KEPT, ANSWERED_KEPT = "I am [EMAIL], [CARD].", "Hello [EMPLOYEE] at [PHONE] or [IP]!"
BODY = {
    "input_text": ASKED,
    "output_text": ANSWERED,
    "metadata": {"user": "joe@example.org", "n": [{"card": 4111111111111111}], "joe@example.org": True},
}


@pytest.fixture(scope="module")
def clients(moto_clients: Clients) -> Clients:
    """DynamoDB has no part in this."""
    return moto_clients


@pytest.fixture
def api(clients: Clients, stack: Stack, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Gateway:
    # A logger of its own: one that an earlier test made writes to that test's output.
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", secrets.token_hex(4))
    return Gateway(services(clients, stack.settings(redact=KINDS, redact_patterns=OWN), clock))


@pytest.fixture
def site(clients: Clients, stack: Stack) -> Site:
    return Site(clients, stack, redactor=ALL, sizes=SMALL)


class Breaking(Redactor):
    """Breaks on some texts, with the text in what it says."""

    def __init__(self, *, breaks: str = "break") -> None:
        super().__init__(own=OWN)
        self.breaks = breaks

    def redact(self, text: str) -> Redacted:
        if self.breaks in text:
            raise ValueError(text)
        return super().redact(text)


def kept(clients: Clients, stack: Stack) -> Iterator[tuple[str, str]]:
    """All that is stored, but for what was uploaded: where it stands, and what."""
    for table in (stack.interactions, stack.baselines, stack.imports):
        for item in scan(clients, table):
            yield table, repr(item)
    for version in clients.s3.list_object_versions(Bucket=stack.bucket).get("Versions", []):
        key, number = version["Key"], version["VersionId"]
        if not key.startswith("uploads/"):
            yield (
                key,
                clients.s3.get_object(Bucket=stack.bucket, Key=key, VersionId=number)["Body"].read().decode(),
            )


def assert_nowhere(clients: Clients, stack: Stack) -> None:
    for where, content in kept(clients, stack):
        for planted in PLANTED:
            assert planted not in content, where


# ---------------------------------------------------------------- API


def test_what_is_posted_is_kept_answered_listed_and_replayed_redacted(
    api: Gateway, clients: Clients, stack: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    made = api.post("/api/interactions", BODY, idempotency_key="k")
    assert made.status == 200
    assert (made.data["input"], made.data["output"]) == (ASKED_KEPT, ANSWERED_KEPT)
    assert made.data["metadata"] == {"user": "[EMAIL]", "n": [{"card": "[CARD]"}], "[EMAIL]": True}
    # Measured before: the lengths, and what was in it, are those of the texts as they came.
    measured = {**measure(ASKED, ANSWERED), "input.redactions": 2, "output.redactions": 3}
    assert made.data["metrics"] == measured
    assert made.data["metrics"]["input.emails"] == 1
    again = api.post("/api/interactions", BODY, idempotency_key="k")
    assert again.headers["idempotent-replayed"] == "true"
    assert again.data == made.data
    assert api.get(f"/api/interactions/{made.data['id']}").data == made.data
    assert api.get("/api/interactions").data == [made.data]
    assert_nowhere(clients, stack)
    output = capsys.readouterr().out
    assert not any(planted in output for planted in PLANTED)
    emitted = [line for line in map(json.loads, output.splitlines()) if "TextsRedacted" in line]
    counts = {line["kind"]: sum(line["TextsRedacted"]) for line in emitted}
    assert counts == {"email": 3, "card": 2, "employee": 1, "phone": 1, "ip": 1}


def test_the_same_key_with_other_texts_that_look_the_same_redacted_is_another_request(api: Gateway) -> None:
    assert api.post("/api/interactions", BODY, idempotency_key="k").status == 200
    other = {**BODY, "input_text": ASKED.replace("joe@", "ann@")}
    assert api.post("/api/interactions", other, idempotency_key="k").status == 422


def test_a_text_too_large_for_an_item_is_redacted_where_it_is_kept(
    api: Gateway, clients: Clients, stack: Stack
) -> None:
    noise = Random(1).randbytes(500_000).hex()
    made = api.post("/api/interactions", {"input_text": f"{noise} joe@example.org", "output_text": ""})
    assert made.data["input"] == f"{noise} [EMAIL]"
    assert api.get(f"/api/interactions/{made.data['id']}").data["input"] == f"{noise} [EMAIL]"
    assert clients.s3.list_objects_v2(Bucket=stack.bucket, Prefix="texts/")["KeyCount"] == 1


def test_without_redaction_texts_stay_and_nothing_is_counted(
    clients: Clients, stack: Stack, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    made = Gateway(services(clients, stack.settings(), clock)).post("/api/interactions", BODY)
    assert (made.data["input"], made.data["output"], made.data["metadata"]) == (
        ASKED,
        ANSWERED,
        BODY["metadata"],
    )
    assert not any("redactions" in name for name in made.data["metrics"])
    assert "TextsRedacted" not in capsys.readouterr().out


def test_a_redactor_that_breaks_stores_nothing(
    api: Gateway,
    clients: Clients,
    stack: Stack,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(Redactor, "redact", lambda _, text: Breaking(breaks="").redact(text))
    for body in (BODY, {"input_text": "", "output_text": "", "metadata": BODY["metadata"]}):
        answer = api.post("/api/interactions", body, idempotency_key="k")
        assert (answer.status, answer.json["success"], answer.data) == (500, False, [])
        assert "joe" not in answer.message
    assert [item for item in scan(clients, stack.interactions) if "at" in item or "digest" in item] == []
    assert_nowhere(clients, stack)
    output = capsys.readouterr().out
    assert "UnexpectedErrors" in output
    assert not any(planted in output for planted in PLANTED)


# ---------------------------------------------------------------- files

HEADER = ("Input", "Output", "user")
GOOD = [[f"{ASKED} {n}", ANSWERED, "joe@example.org"] for n in range(30)]
CSV = csv_file(GOOD, HEADER) + (
    b'joe@example.org,"a ""b"" 4111 1111 1111 1111",x,too many +49 30 901820\r\n'
    b"too few EMP-123456\r\n"
    b'"joe@example.org"broken,10.1.2.3,y\r\n'
    b"caf\xe9 joe@example.org,EMP-123456,z\r\n"
    b"j\0o\0e\0@\0example.org,nul,joe@example.org\r\n"
)
CSV_ROWS = [
    ["[EMAIL]", 'a "b" [CARD]', "x,too many [PHONE]", "32", "There are too many cells"],
    ["too few [EMPLOYEE]", "", "", "33", "Column Output: A cell is missing"],
    ['"[EMAIL]"broken,[IP],y', "", "", "34", "The row has a quotation mark"],
    [WITHHELD, "[EMPLOYEE]", "z", "35", "Column Input: The cell contains bytes that are not UTF-8"],
    [WITHHELD, "nul", "[EMAIL]", "36", "Column Input: The cell contains a NUL character"],
]
JSONL = b"".join(
    orjson.dumps({"input": f"{ASKED} {n}", "output": ANSWERED, "user": "joe@example.org"}) + b"\n"
    for n in range(30)
) + (
    b'{"input": "joe@example.org", "answr": {"joe@example.org": ["4111 1111 1111 1111", 4111111111111111]}}\n'
    b'{"input": "joe@example.org\\n+49 30 901820\n'
    b'["joe@example.org", "EMP-123456"]\n'
    b'{"input": "joe\\u0040example.org", "output": "\\u0000"}\n'
    b'{"input": "joe\\u0040example.org\n'
    b'{"input": "caf\xe9 joe@example.org", "output": ""}\n'
)
JSONL_ROWS: list[dict[str, Any]] = [
    {"input": "[EMAIL]", "answr": {"[EMAIL]": ["[CARD]", "[CARD]"]}},
    {"line": r'{"input": "[EMAIL]\n[PHONE]'},
    {"line": '["[EMAIL]", "[EMPLOYEE]"]'},
    {"line": WITHHELD},
    {"line": WITHHELD},
    {"line": WITHHELD},
]
FILES = {
    "uploads/plain.csv": CSV,
    "uploads/packed.csv.gz": gzip.compress(CSV, mtime=0),
    "uploads/wide.csv": b"\xff\xfe"
    + csv_file(GOOD, HEADER).decode().encode("utf-16-le")
    + "x\r\n".encode("utf-16-le"),
    "uploads/lines.jsonl": JSONL,
    "uploads/packed.jsonl.gz": gzip.compress(JSONL, mtime=0),
}


@pytest.mark.parametrize("key", FILES)
def test_rows_are_kept_redacted_and_so_are_those_rejected(site: Site, key: str) -> None:
    watching = Watching()
    done = site.run(site.upload(FILES[key], key), watching=watching)
    assert (done.state, done.rows_stored) == ("succeeded_with_problems", 30), done.failure
    stored = site.interactions()
    assert [one.input for one in stored] == [f"{ASKED_KEPT} {n}" for n in range(30)]
    assert {(one.output, one.metadata["user"]) for one in stored} == {(ANSWERED_KEPT, "[EMAIL]")}
    assert {one.metrics["input.emails"] for one in stored} == {1}
    assert {(one.metrics["input.redactions"], one.metrics["output.redactions"]) for one in stored} == {(2, 3)}
    counted: Counter[str] = Counter()
    for one in watching.seen:
        counted.update(one.redactions)
    assert counted == {"email": 60, "card": 30, "EMPLOYEE": 30, "phone": 30, "ip": 30}
    check_rejected(site, done, key)
    assert_nowhere(site.clients, site.stack)
    # What only the workers needed is gone, in all its versions.
    left = site.clients.s3.list_object_versions(Bucket=site.stack.bucket, Prefix="staging/")
    assert left.keys().isdisjoint({"Versions", "DeleteMarkers"})


def check_rejected(site: Site, done: Import, key: str) -> None:
    assert done.rejected_key is not None
    rows = site.read(done.rejected_key).decode("utf-8-sig").splitlines()
    if ".jsonl" in key:
        repeated = [json.loads(row) for row in rows]
        marks = ("rejected_row", "rejected_line", "rejected_reason")
        assert [row["rejected_row"] for row in repeated] == list(range(31, 37))
        assert [
            {name: value for name, value in row.items() if name not in marks} for row in repeated
        ] == JSONL_ROWS
    elif "wide" not in key:
        head, *repeated_rows = csv.reader(rows)
        assert head == [*HEADER, "rejected_row", "rejected_line", "rejected_reason"]
        for row, (*cells, number, reason) in zip(repeated_rows, CSV_ROWS, strict=True):
            assert row[:4] == [*cells, number]
            assert row[5].startswith(reason)


@pytest.mark.parametrize(
    "data",
    [
        b"joe@example.org,4111 1111 1111 1111\r\nEMP-123456,x\r\n",
        b"Input,Prompt,Output,joe@example.org and a very long name of a column EMP-123456\r\nx,y,z,a\r\n",
        b'{"joe@example.org": 1, "EMP-123456": 2}\n',
        b'{"input": "x", "output": "y", "metric.joe@example.org": 2}\n',
        b'{"messages": [{"role": "user", "content": "x"}, {"role": "joe@example.org", "content": "x"}]}\n',
        b'{"input": "x", "output": "y", "joe@example.org": "\\u0000"}\n',
        b'Input,Output,joe@example.org\nx,y,"a"b\n',
        gzip.compress(csv_file(GOOD))[:-30],
    ],
)
def test_what_is_said_of_a_file_quotes_nothing_of_it(site: Site, data: bytes) -> None:
    done = site.run(site.upload(data))
    assert done.state == "failed" or done.rows_stored
    said = [done.failure or "", *(f"{one.column} {one.problem}" for one in done.problems)]
    assert not any(planted[:8] in sentence for sentence in said for planted in PLANTED)
    for where, content in kept(site.clients, site.stack):
        if where != site.stack.imports:  # there the names of the columns are, to read the file by
            assert "joe@example.org" not in content, where


def test_a_row_that_cannot_be_redacted_is_put_aside_without_its_text(site: Site) -> None:
    rows = [
        ["one", "joe@example.org"],
        ["break joe@example.org", "x"],
        ["three", "x"],
        ["four", "break"],
        ["5", "x"],
    ]
    lines = b"".join(orjson.dumps({"input": a, "output": b, "external_id": a}) + b"\n" for a, b in rows)
    site.redactor = Breaking()
    for data, row in ((csv_file(rows), 2), (csv_file(rows) + b'"break"', 2), (lines, 1), (lines + b'{"break', 1)):
        before = len(site.interactions())
        done = site.run(site.upload(data, f"uploads/{len(data)}"))
        stored = site.interactions()[before:]
        assert [one.input for one in stored] == ["one", "three", "5"][: len(stored)]
        assert [(one.row, one.problem) for one in done.problems][:2] == [
            (row + 1, NOT_REDACTED),
            (row + 3, NOT_REDACTED),
        ]
        assert done.rejected_key is not None
        repeated = site.read(done.rejected_key).decode()
        assert "break" not in repeated
        assert repeated.count(WITHHELD) >= 2
        assert done.rows_read == done.rows_stored + done.rows_rejected
    assert_nowhere(site.clients, site.stack)


def test_rows_keep_their_ids_when_the_next_attempt_can_redact_more(site: Site) -> None:
    rows = [["one", "x"], ["break", "x"], ["three", "x"]]
    upload = site.upload(csv_file(rows))
    watching = Watching()
    site.redactor = Breaking()
    # The attempt is killed when the rows are stored, and before they are counted.
    attempts = 0
    while len(site.interactions()) < 2:
        attempts += 1
        clients = Mortal(attempts).faults.wrap(site.clients)
        with pytest.raises(Killed):
            site.importer(clients, watching).take(upload, watching.has_time)
    before = {one.input: one.id for one in site.interactions()}
    site.redactor = ALL
    done = site.run(upload)
    after = {one.input: one.id for one in site.interactions()}
    assert after == {**before, "break": before["one"] + 1}
    assert (done.rows_stored, done.rows_rejected) == (3, 0)


def test_neither_messages_nor_dead_letters_hold_a_text(clients: Clients, stack: Stack) -> None:
    made = queued(clients, stack)
    made.redactor = ALL
    done = made.run(made.upload(CSV, "uploads/plain.csv"))
    assert done.chunks > 1
    assert made.queue is not None
    assert made.queue.sent
    for message in made.queue.sent:
        assert all(isinstance(value, int) for value in json.loads(message.write()).values())
    assert_nowhere(clients, stack)
