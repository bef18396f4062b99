"""Batches sent quickly: the same answers as botocore's, and botocore's own way where anything is in the way."""

from __future__ import annotations

import json
import threading
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from plumbline.errors import Unavailable
from plumbline.storage.clients import Clients
from plumbline.storage.deadline import DeadlinePassed, within

if TYPE_CHECKING:
    from collections.abc import Iterator

PUT = {"PutRequest": {"Item": {"id": {"N": "1"}, "measured": {"B": b"\x00\xff"}}}}
SENT = {"PutRequest": {"Item": {"id": {"N": "1"}, "measured": {"B": "AP8="}}}}
BUSY = (400, {"__type": "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException"})


class Engine:
    """Answers what it is told, in turn, then that all is done; keeps what was asked."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, object] | None] = []
        self.requests: list[tuple[dict[str, str], Any]] = []
        self.connections: set[tuple[str, int]] = set()
        self.wrong_checksum = False
        engine = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                engine.requests.append((dict(self.headers.items()), body))
                engine.connections.add(self.client_address)
                answer = engine.answers.pop(0) if engine.answers else (200, {"UnprocessedItems": {}})
                if answer is None:  # nothing at all
                    self.close_connection = True
                    return
                status, content = answer
                data = json.dumps(content).encode()
                checksum = zlib.crc32(data) ^ engine.wrong_checksum
                engine.wrong_checksum = False
                self.send_response(status)
                for name, value in (("x-amz-crc32", checksum), ("Content-Length", len(data))):
                    self.send_header(name, str(value))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    engine = Engine()
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", engine.address)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    yield engine
    engine.close()


def write(clients: Clients) -> Any:
    return clients.dynamodb.batch_write_item(RequestItems={"table": [PUT]})  # type: ignore[list-item]


def attempts(answer: Any) -> int:
    return int(answer["ResponseMetadata"]["RetryAttempts"])


def test_a_batch_is_sent_signed_over_a_connection_that_stays(engine: Engine) -> None:
    clients = Clients.create(patient=True)
    answers = [write(clients) for _ in range(3)]
    assert [(one["UnprocessedItems"], attempts(one)) for one in answers] == [({}, 0)] * 3
    assert len(engine.connections) == 1
    for headers, body in engine.requests:
        assert body == {"RequestItems": {"table": [SENT]}}
        assert headers["X-Amz-Target"] == "DynamoDB_20120810.BatchWriteItem"
        assert headers["Authorization"].startswith("AWS4-HMAC-SHA256 Credential=testing/")


def test_its_request_is_botocores_own(engine: Engine) -> None:
    write(Clients.create(patient=True))
    write(Clients.create())
    quick, usual = ({name.lower(): value for name, value in headers.items()} for headers, _ in engine.requests)
    shared = (quick.keys() & usual.keys()) - {"x-amz-date", "authorization", "user-agent"}
    assert {"x-amz-target", "content-type", "host", "content-length"} <= shared
    assert {name: quick[name] for name in shared} == {name: usual[name] for name in shared}


def test_what_was_not_written_is_told_as_it_is_sent_again(engine: Engine) -> None:
    engine.answers = [(200, {"UnprocessedItems": {"table": [SENT]}})]
    clients = Clients.create(patient=True)
    left = write(clients)["UnprocessedItems"]
    clients.dynamodb.batch_write_item(RequestItems=left)
    assert [body for _, body in engine.requests] == [{"RequestItems": {"table": [SENT]}}] * 2


@pytest.mark.parametrize("trouble", [BUSY, (500, {}), None])
def test_in_trouble_the_client_goes_on_in_its_own_way_and_says_so(engine: Engine, trouble: Any) -> None:
    engine.answers = [trouble]
    clients = Clients.create(patient=True)
    assert attempts(write(clients)) == 1
    assert attempts(write(clients)) == 0


def test_an_answer_that_was_changed_on_its_way_is_not_believed(engine: Engine) -> None:
    engine.wrong_checksum = True
    assert attempts(write(Clients.create(patient=True))) == 1


def test_a_connection_that_was_closed_meanwhile_is_opened_anew(engine: Engine) -> None:
    clients = Clients.create(patient=True)
    write(clients)
    engine.answers = [None]
    write(clients)
    write(clients)
    assert len(engine.requests) == 4


def test_no_attempt_begins_when_time_is_over(engine: Engine) -> None:
    with within(-1), pytest.raises(DeadlinePassed):
        write(Clients.create(patient=True))
    assert engine.requests == []
    assert issubclass(DeadlinePassed, Unavailable)


def test_where_there_is_a_proxy_batches_are_sent_the_usual_way(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", engine.address)
    monkeypatch.setenv("no_proxy", "")
    monkeypatch.setattr("plumbline.storage.bulk._Sender.send", None)  # would fail
    assert attempts(write(Clients.create(patient=True))) == 0
