"""The function that S3 calls."""

from __future__ import annotations

import json
import secrets
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from plumbline.redaction import OwnPattern
from plumbline.storage.imports import ImportStore

from tests.support import faults
from tests.support.import_function import context, event, lines, load
from tests.support.imports import SMALL, Site, csv_file
from tests.support.queue import CHUNKS, PLANS, LocalQueue

if TYPE_CHECKING:
    from types import ModuleType

    from plumbline.imports.uploads import Upload
    from plumbline.models import Import
    from plumbline.storage.clients import Clients

    from tests.support.queue import Kept
    from tests.support.tables import Stack


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    # A logger of its own: one that an earlier test made writes to that test's output.
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", secrets.token_hex(4))
    return load()


@pytest.fixture
def site(moto_clients: Clients, moto_stack: Stack) -> Site:
    return Site(moto_clients, moto_stack)


@pytest.fixture
def moto_stack(moto_clients: Clients) -> Any:
    from tests.support.tables import Stack

    made = Stack.create(moto_clients)
    yield made
    made.delete(moto_clients)


def found(site: Site, upload: Upload) -> Import:
    current = ImportStore(site.clients, site.stack.imports).get(upload.import_id)
    assert current is not None
    return current


def total(output: list[dict[str, Any]], name: str) -> float:
    return sum(sum(line[name]) if isinstance(line[name], list) else line[name] for line in output if name in line)


ROWS = [[f"secret question {n}", "secret answer " * n] for n in range(1, 11)]


def test_files_are_imported_counted_and_never_quoted(
    app: ModuleType, site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    handle = app.ImportsHandler(site.stack.settings(), site.clients)
    good = site.upload(csv_file(ROWS) + b"secret one\r\n", "uploads/my secret + file.csv")
    bad = site.upload(b"secret,header\r\nsecret,row\r\n", "uploads/bad.csv")
    handle(event(good, bad, site.upload(b"", "rejected/1.csv")), context())
    assert found(site, good).state == "succeeded_with_problems"
    assert found(site, bad).state == "failed"
    output = lines(capsys)
    assert total(output, "RowsImported") == 10
    assert total(output, "RowsRejected") == 1
    alerts = {
        (line["alert_type"], line["severity"]): line["AlertsRaised"] for line in output if "AlertsRaised" in line
    }
    assert alerts == {("threshold", "warning"): [3.0]}  # 8, 9 and 10 times 14 characters
    ended = [line for line in output if line.get("message") == "import ended"]
    assert [(line["correlation_id"], line["state"]) for line in ended] == [
        (str(good.import_id), "succeeded_with_problems"),
        (str(bad.import_id), "failed"),
    ]
    assert "secret" not in json.dumps(output)
    handle(event(good, bad), context())
    assert total(lines(capsys), "RowsImported") == 0
    assert len(site.interactions()) == 10


def test_one_uploads_trouble_is_not_anothers(
    app: ModuleType, site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = site.upload(csv_file(ROWS), "uploads/1.csv"), site.upload(csv_file(ROWS), "uploads/2.csv")
    broken = {"Records": [{"eventSource": "aws:sqs"}, *event(first, second)["Records"]]}

    def act(number: int, call: Any) -> Any:
        if number == 4:
            raise ValueError("a message that quotes secret texts")
        return call()

    clients = faults.Faults(act).wrap(site.clients)
    handle = app.ImportsHandler(site.stack.settings(), clients)
    with pytest.raises(app.UnfinishedError, match="1 of the event's uploads"):
        handle(broken, context())
    assert found(site, second).state == "succeeded"
    output = lines(capsys)
    assert {line.get("message") for line in output} >= {"record passed over", "unexpected error", "import ended"}
    assert "secret" not in json.dumps(output)
    handle(broken, context())
    assert found(site, first).state == "succeeded"
    assert len(site.interactions()) == 20


def test_storage_that_is_busy_makes_lambda_deliver_the_event_again(
    app: ModuleType, site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    upload = site.upload(csv_file(ROWS))

    def act(number: int, call: Any) -> Any:
        if number == 9:
            raise faults.error("ProvisionedThroughputExceededException", 400)
        return call()

    handle = app.ImportsHandler(site.stack.settings(), faults.Faults(act).wrap(site.clients))
    with pytest.raises(app.UnfinishedError):
        handle(event(upload), context())
    assert [line["level"] for line in lines(capsys) if line.get("message") == "import interrupted"] == ["WARNING"]
    handle(event(upload), context())
    assert found(site, upload).state == "succeeded"
    assert len(site.interactions()) == 10


def test_an_import_that_is_longer_than_a_run_goes_on_in_the_next(app: ModuleType, site: Site) -> None:
    upload = site.upload(csv_file(ROWS))
    handle = app.ImportsHandler(site.stack.settings(), site.clients)
    with pytest.raises(app.UnfinishedError):
        handle(event(upload), context(milliseconds=1_000))
    assert (found(site, upload).chunks, found(site, upload).rows_stored) == (1, 0)
    handle(event(upload), context())
    assert (found(site, upload).state, found(site, upload).rows_stored) == ("succeeded", 10)


def test_without_a_stream_the_import_folds_its_own_values(app: ModuleType, site: Site) -> None:
    settings = site.stack.settings(baseline_updates="inline")
    upload = site.upload(csv_file(ROWS))
    app.ImportsHandler(settings, site.clients)(event(upload), context())
    items = site.clients.dynamodb.scan(TableName=site.stack.baselines)["Items"]
    assert [item["writer"] for item in items] == [{"S": "inline"}]


def test_an_import_that_the_api_announced_keeps_its_time(app: ModuleType, site: Site) -> None:
    from plumbline.models import Import

    from tests.support.imports import NOW

    upload = site.upload(csv_file(ROWS), "uploads/api/token/my.csv")
    announced = Import(
        upload.import_id, upload.bucket, upload.key, "", "my.csv", "queued", created_at=NOW, size_bytes=7
    )
    assert ImportStore(site.clients, site.stack.imports).create(announced)
    app.ImportsHandler(site.stack.settings(), site.clients)(event(upload), context())
    ended = found(site, replace(upload, version=""))
    assert (ended.state, ended.created_at, ended.size_bytes) == ("succeeded", NOW, len(csv_file(ROWS)))
    assert {one.created_at for one in site.interactions()} == {NOW}


def test_the_event_that_tests_a_notification(app: ModuleType, site: Site) -> None:
    handle = app.ImportsHandler(site.stack.settings(), site.clients)
    handle({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": site.stack.bucket}, context())
    assert site.interactions() == []


# ---------------------------------------------------------------- through the queue


def queued(site: Site) -> tuple[Any, LocalQueue, Clients]:
    """Settings that name the queues, the queues, and clients that reach them."""
    queue = LocalQueue()
    settings = site.stack.settings(import_queue_url=CHUNKS, plan_queue_url=PLANS)
    return settings, queue, replace(site.clients, make_sqs=lambda: queue)  # type: ignore[arg-type,return-value]


def sqs_event(*received: Kept) -> dict[str, Any]:
    return {
        "Records": [
            {
                "messageId": one.receipt,
                "receiptHandle": one.receipt,
                "body": one.message.write(),
                "attributes": {"ApproximateReceiveCount": str(one.receives)},
                "eventSource": "aws:sqs",
            }
            for one in received
        ]
    }


def test_a_file_of_many_chunks_goes_through_the_queue(
    app: ModuleType, site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    settings, queue, clients = queued(site)
    rows = [[f"secret {n}", "secret " * 50_000] for n in range(60)]
    upload = site.upload(csv_file(rows))
    app.ImportsHandler(settings, clients)(event(upload), context())
    assert found(site, upload).rows_stored == 0
    worker = app.ImportsHandler(settings, clients)
    while (kept := queue.receive()) is not None:
        assert worker(sqs_event(kept), context()) == {"batchItemFailures": []}
        queue.delete(kept)
    ended = found(site, upload)
    assert (ended.state, ended.rows_stored, ended.chunks) == ("succeeded", 60, ended.chunks_done)
    assert ended.chunks > 4
    output = lines(capsys)
    assert total(output, "RowsImported") == 60
    assert "secret" not in json.dumps(output)


def test_a_message_that_fails_is_reported_alone_and_comes_again_later(
    app: ModuleType, site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    settings, queue, clients = queued(site)
    importer = replace(site, clients=clients, queue=queue, sizes=SMALL, few=0)
    upload = importer.upload(csv_file([*ROWS, *ROWS]))
    importer.importer().take(upload, lambda: True)
    kept = [queue.receive(), queue.receive()]
    first, second = (one for one in kept if one is not None)
    calls = iter(range(100))

    def change(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        if name == "batch_write_item" and next(calls) == 0:
            raise faults.error("ThrottlingException", 400)
        return arguments

    troubled = faults.Faults(lambda _, call: call(), change).wrap(clients)
    second.receives = 4
    answer = app.ImportsHandler(settings, troubled)(sqs_event(first, second), context())
    assert answer == {"batchItemFailures": [{"itemIdentifier": first.receipt}]}
    assert queue.now + 15 <= first.visible_at <= queue.now + 30
    assert second.visible_at == queue.now + 1080
    first.receives = 5
    handle = app.ImportsHandler(settings, clients)
    junk = {"Records": [{**sqs_event(first)["Records"][0], "body": "secret"}]}
    assert handle(junk, context()) == {"batchItemFailures": []}
    assert handle(sqs_event(first), context()) == {"batchItemFailures": []}
    assert found(site, upload).rows_stored == 20
    output = lines(capsys)
    assert total(output, "ImportsStalled") == 1
    assert found(site, upload).dead_chunks == frozenset()
    assert "secret" not in json.dumps(output)


def test_rows_are_redacted_as_the_settings_say_and_counted_by_kind(
    app: ModuleType, site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = site.stack.settings(redact=("email",), redact_patterns=(OwnPattern("EMPLOYEE", "EMP-[0-9]{6}"),))
    rows = [[f"joe@example.org {n}", "EMP-123456, 10.0.0.1"] for n in range(3)]
    upload = site.upload(csv_file(rows) + b"joe@example.org\r\n")
    app.ImportsHandler(settings, site.clients)(event(upload), context())
    assert {(one.input[:7], one.output) for one in site.interactions()} == {("[EMAIL]", "[EMPLOYEE], 10.0.0.1")}
    done = found(site, upload)
    assert done.rejected_key is not None
    assert site.read(done.rejected_key).splitlines()[1].startswith(b"[EMAIL],,5,5,")
    bad = site.upload(b"joe@example.org,x\r\njoe@example.org,y\r\n", "uploads/bad.csv")
    app.ImportsHandler(settings, site.clients)(event(bad), context())
    assert "joe" not in str(found(site, bad).failure)
    output = capsys.readouterr().out
    counts = {
        line["kind"]: sum(line["TextsRedacted"]) for line in map(json.loads, output.splitlines()) if "kind" in line
    }
    assert counts == {"email": 3, "employee": 3}
    assert "joe@" not in output
