"""Imports from end to end: whole, in pieces, twice, at the same time, and with a crash at every call."""

from __future__ import annotations

import csv
import io
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from plumbline.imports.planner import OutOfTime
from plumbline.models import Problem

from tests.support import faults
from tests.support.imports import NOW, SMALL, UPLOADED_AT, Site, Watching, csv_file, plain_rows

if TYPE_CHECKING:
    from pathlib import Path

    from plumbline.models import Import
    from plumbline.storage.clients import Clients

    from tests.support.tables import Stack


@pytest.fixture
def site(clients: Clients, stack: Stack) -> Site:
    return Site(clients, stack)


@pytest.fixture
def real_engine(clients: Clients) -> None:
    if "amazonaws" in clients.dynamodb.meta.endpoint_url:
        pytest.skip("moto's conditions do not hold between threads, and it is slow where a table is large")


@pytest.fixture
def small_chunks(site: Site) -> None:
    site.sizes = SMALL


GOOD = [[f"question {n}" + "?\n" * (n % 3), f"answer {n}, " + "x" * (n * 3), f"m{n % 2}"] for n in range(17)]
# Three bad rows among the good ones, each bad in its way.
MIXED = (
    csv_file(GOOD[:5], ("Input", "Output", "model"))
    + b"only one cell\r\n"
    + csv_file(GOOD[5:12]).split(b"\r\n", 1)[1]
    + b"a \xff byte,b,c\r\n"
    + csv_file(GOOD[12:]).split(b"\r\n", 1)[1]
    + b'"never closed,x,y\r\n'
)


def texts(site: Site) -> list[list[str]]:
    return [[one.input, one.output, str(one.metadata.get("model", ""))] for one in site.interactions()]


def check_mixed(site: Site, ended: Import) -> None:
    """Every good row once and in order, every bad one reported and put aside."""
    assert texts(site) == GOOD
    assert ended.state == "succeeded_with_problems"
    assert (ended.rows_read, ended.rows_stored, ended.rows_rejected) == (20, 17, 3)
    assert ended.bytes_read == ended.size_bytes == len(MIXED)
    assert ended.alerts_raised == sum(len(one.alerts) for one in site.interactions())
    assert [problem.row for problem in ended.problems] == [7, 15, 21]
    assert ended.rejected_key == f"rejected/{ended.id}.csv"
    rejected = site.read(ended.rejected_key)
    assert [line.split(b",")[0] for line in rejected.splitlines()] == [
        b"Input",
        b"only one cell",
        b"a \xff byte",
        b'"""never closed',
    ]
    if site.updates == "inline":
        assert site.counted() == len(GOOD)


def test_a_file_is_imported_row_by_row(site: Site) -> None:
    rows = [[f"q{n}", f"a\r\n{n}"] for n in range(50)]
    ended = site.run(site.upload(csv_file(rows)))
    assert ended.state == "succeeded"
    assert (ended.rows_read, ended.rows_stored, ended.rows_rejected) == (50, 50, 0)
    assert (ended.filename, ended.created_at, ended.started_at, ended.finished_at) == (
        "history.csv",
        UPLOADED_AT,
        NOW,
        NOW,
    )
    stored = site.interactions()
    assert [[one.input, one.output] for one in stored] == rows
    assert [one.id for one in stored] == list(range(1, 51))
    assert {one.created_at for one in stored} == {UPLOADED_AT}
    assert {one.import_id for one in stored} == {ended.id}
    assert stored[7].metrics["input.length"] == 2


def test_rows_that_cannot_be_used_are_put_aside_ready_to_be_mended(site: Site) -> None:
    ended = site.run(site.upload(MIXED))
    check_mixed(site, ended)
    assert ended.problems[0] == Problem(
        7, 11, "A cell is missing: the row has 1 cell, the header 3.", column="Output"
    )
    assert ended.rejected_key is not None
    mended = (
        site.read(ended.rejected_key)
        .replace(b"only one cell,", b"one cell,two")
        .replace(b"\xff", b"good")
        .replace(b'"""never closed,x,y",', b"closed,x")
    )
    again = site.run(site.upload(mended, "uploads/mended.csv"))
    assert (again.state, again.rows_stored) == ("succeeded", 3)
    assert texts(site)[17:] == [["one cell", "two", ""], ["a good byte", "b", "c"], ["closed", "x", ""]]


def test_columns_beside_the_texts_become_metadata_and_times(site: Site) -> None:
    data = b"\xef\xbb\xbfModel, PROMPT ,Response,Created_At\r\ngpt,q,a,2026-01-01 12:00:00+02:00\r\n,q2,a2,\r\n"
    assert site.run(site.upload(data)).state == "succeeded"
    one, two = site.interactions()
    assert (one.input, one.output, one.metadata) == ("q", "a", {"model": "gpt"}) or one.metadata == {
        "Model": "gpt"
    }
    assert one.created_at.isoformat() == "2026-01-01T10:00:00+00:00"
    assert (two.metadata, two.created_at) == ({}, UPLOADED_AT)


def test_columns_of_numbers_are_series_like_any_other(site: Site) -> None:
    rows = [["q", f"answer {n}", str(800 + n % 40), "" if n % 2 else str(n)] for n in range(120)]
    rows[60][2] = "90000"
    rows[70][2] = "slow"
    data = csv_file(rows, ("Input", "Output", "metric.latency_ms", "metric.input.tokens"))
    ended = site.run(site.upload(data))
    assert (ended.state, ended.rows_stored, ended.rows_rejected) == ("succeeded_with_problems", 119, 1)
    assert [(one.row, one.column) for one in ended.problems] == [(72, "metric.latency_ms")]
    kept = site.interactions()
    assert kept[0].metrics["output.latency_ms"] == 800.0
    assert kept[0].metrics["input.tokens"] == 0.0
    assert "input.tokens" not in kept[1].metrics
    slow = [one for one in kept if any(found.metric == "latency_ms" for found in one.findings)]
    assert [one.output for one in slow] == ["answer 60"]


def test_texts_too_big_for_an_item_are_stored_whole(site: Site) -> None:
    big = "".join(chr(33 + (n * n + n // 7) % 5000) for n in range(400_000))
    ended = site.run(site.upload(csv_file([["q", big], ["q2", "a2"]])))
    assert ended.state == "succeeded"
    assert [one.output for one in site.interactions()] == [big, "a2"]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "The file is empty."),
        (b"\r\n\r\n", "only blank lines"),
        (b"Input,Output\r\n", "no rows after it"),
        (b"Input,Output\r\n\r\n\r\n", "no rows after it"),
        (b"PK\x03\x04\x14\x00", "Excel workbook"),
        (b"name,text\r\na,b\r\n", "no column for the input"),
        (b"prompt,Input,Output\r\na,b,c\r\n", "2 columns that mean the input: “prompt”, “Input”"),
    ],
)
def test_a_file_that_is_no_use_fails_and_says_why(site: Site, data: bytes, says: str) -> None:
    ended = site.run(site.upload(data))
    assert ended.state == "failed"
    assert ended.failure is not None
    assert says in ended.failure
    assert ended.finished_at == NOW
    assert site.interactions() == []


def test_a_file_without_one_good_row_fails_and_gives_its_rows_back(site: Site) -> None:
    ended = site.run(site.upload(b"Input,Output\r\nalone\r\nalone too\r\n"))
    assert (ended.state, ended.rows_rejected) == ("failed", 2)
    assert ended.failure == (
        "None of the 2 rows could be used. Row 2: A cell is missing: the row has 1 cell, the header 2."
    )
    assert ended.rejected_key is not None
    assert site.read(ended.rejected_key).count(b"alone") == 2
    ended = site.run(site.upload(b"Input,Output\r\nalone\r\n"))
    assert ended.failure is not None
    assert ended.failure.startswith("The only row could not be used. Row 2: A cell is missing")


def test_an_import_that_has_ended_stays_as_it_is(site: Site) -> None:
    upload = site.upload(MIXED)
    ended = site.run(upload)
    plain = faults.counting()
    watching = Watching()
    assert site.run(upload, plain.wrap(site.clients), watching) == ended
    assert plain.calls == 2
    assert watching.ends == []
    assert watching.seen == []
    check_mixed(site, ended)
    failed = site.upload(b"", "uploads/empty.csv")
    assert site.run(failed) == site.run(failed)


def test_a_file_that_is_gone_fails(site: Site) -> None:
    upload = site.upload(MIXED)
    site.clients.s3.delete_object(Bucket=site.stack.bucket, Key=upload.key, VersionId=upload.version)
    ended = site.run(upload)
    assert (ended.state, ended.rows_read) == ("failed", 0)
    assert ended.failure == "The file was removed before all of it was read. Upload it again."


def test_a_file_that_is_overwritten_or_deleted_is_imported_as_it_was_uploaded(site: Site) -> None:
    first = site.upload(csv_file([["q1", "a1"]]))
    second = site.upload(csv_file([["q2", "a2"]]))
    site.clients.s3.delete_object(Bucket=site.stack.bucket, Key=first.key)
    assert first.import_id != second.import_id
    assert site.run(first).state == "succeeded"
    assert site.run(second).state == "succeeded"
    assert [one.input for one in site.interactions()] == ["q1", "q2"]


@pytest.mark.usefixtures("small_chunks")
def test_progress_is_seen_while_it_runs(site: Site) -> None:
    upload = site.upload(MIXED)
    with pytest.raises(OutOfTime):
        site.run(upload, watching=Watching(steps=2))  # one of them is the plan's
    current = site.found(upload)
    assert (current.state, current.rows_read, current.rows_stored) == ("running", 12, 11)
    assert (current.chunks, current.chunks_done) == (2, 1)
    assert 0 < current.bytes_read < len(MIXED) == current.bytes_total
    watching = Watching()
    check_mixed(site, site.run(upload, watching=watching))
    assert watching.stored == len(GOOD) - 11
    assert [one.id for one in watching.ends] == [upload.import_id]


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize("updates", ["stream", "inline"])
def test_every_call_sent_twice(site: Site, updates: Any) -> None:
    site = replace(site, updates=updates)
    check_mixed(site, site.run(site.upload(MIXED), faults.sent_twice().wrap(site.clients)))


@pytest.mark.usefixtures("small_chunks", "real_engine")
@pytest.mark.parametrize("updates", ["stream", "inline"])
def test_delivered_to_several_at_once(site: Site, updates: Any) -> None:
    site = replace(site, updates=updates)
    upload = site.upload(MIXED)
    ends: list[Import] = []
    watching = [Watching() for _ in range(4)]

    def run(mine: Watching) -> None:
        ends.append(site.run(upload, watching=mine))

    threads = [threading.Thread(target=run, args=(mine,)) for mine in watching]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ends) == 4
    assert sum(mine.stored for mine in watching) == len(GOOD)
    check_mixed(site, site.run(upload))


def test_a_first_file_is_judged_by_its_own_rows(site: Site) -> None:
    rows = [["question", "word " * (20 + n % 7)] for n in range(200)]
    rows[100][1] = "word " * 20_000
    site.run(site.upload(csv_file(rows)))
    outliers = {
        one.input + str(len(one.output)): [f.series for f in one.findings if f.alert_type == "outlier"]
        for one in site.interactions()
        if any(finding.alert_type == "outlier" for finding in one.findings)
    }
    assert list(outliers) == ["question100000"]
    assert "output.length" in outliers["question100000"]


@pytest.mark.usefixtures("real_engine")
def test_the_example_data_is_stored_whole(site: Site, request: pytest.FixtureRequest) -> None:
    example: Path = request.config.rootpath.parent / "shared" / "data" / "interactions-small.csv"
    if not example.exists():
        pytest.skip(f"{example} is not there")
    data = example.read_bytes()
    ended = site.run(site.upload(data))
    assert (ended.state, ended.rows_stored) == ("succeeded", 2000)
    assert [{"Input": one.input, "Output": one.output} for one in site.interactions()] == plain_rows(data)


def test_the_rejected_rows_are_read_as_a_spreadsheet_reads_them(site: Site) -> None:
    data = b'Input,Output\r\n=1+1,x,y,z\r\n"a"b,c\r\nok,ok\r\n'
    ended = site.run(site.upload(data))
    assert ended.rejected_key is not None
    rows = list(csv.reader(io.StringIO(site.read(ended.rejected_key).decode(), newline="")))
    assert rows[0] == ["Input", "Output", "rejected_row", "rejected_line", "rejected_reason"]
    assert [row[:4] for row in rows[1:]] == [["'=1+1", "x,y,z", "2", "2"], ['"a"b,c', "", "3", "3"]]
    assert all(row[4][0].isalpha() for row in rows[1:])
