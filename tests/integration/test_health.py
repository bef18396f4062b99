"""`/health`: true, soon and cheap."""

from __future__ import annotations

import json
import secrets
import socket
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from botocore.config import Config
from plumbline import __version__
from plumbline.storage import clients as storage_clients
from plumbline.storage.clients import Clients

from tests.support.faults import Faults, counting, error
from tests.support.gateway import Clock, Gateway, services

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.tables import Stack


def failing(code: str) -> Faults:
    def act(number: int, call: Callable[[], Any]) -> Any:
        raise error(code, 400)

    return Faults(act)


def test_a_table_that_answers(clients: Clients, stack: Stack, clock: Clock) -> None:
    answer = Gateway(services(clients, stack.settings(), clock), key=None).get("/health")
    assert (answer.status, answer.message) == (200, "Service is healthy")
    assert answer.data == {"status": "ok", "version": __version__}


@pytest.mark.parametrize(
    ("code", "level"),
    [
        ("ThrottlingException", "WARNING"),
        ("AccessDeniedException", "ERROR"),
        ("ResourceNotFoundException", "ERROR"),
    ],
)
def test_a_table_that_does_not(
    clients: Clients,
    stack: Stack,
    clock: Clock,
    code: str,
    level: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    # A logger of its own: one that an earlier test made writes to that test's output.
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", secrets.token_hex(4))
    api = Gateway(services(failing(code).wrap(clients), stack.settings(), clock), key=None)
    for _ in range(3):
        answer = api.get("/health")
        assert (answer.status, answer.headers["retry-after"], answer.fields) == (503, "5", ["storage"])
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    # Asked, and said, once: and what no waiting mends counts as unexpected.
    assert [line["level"] for line in lines if line.get("level") in {"WARNING", "ERROR"}] == [level]
    assert sum("UnexpectedErrors" in line for line in lines) == (level == "ERROR")


def test_the_table_is_asked_at_most_every_five_seconds(clients: Clients, stack: Stack, clock: Clock) -> None:
    faults = counting()
    api = Gateway(services(faults.wrap(clients), stack.settings(), clock), key=None)
    for _ in range(50):
        assert api.get("/health").status == 200
    assert faults.calls == 1
    clock.pass_time(seconds=5)
    assert api.get("/health").status == 200
    assert faults.calls == 2
    clock.pass_time(seconds=-3600)
    assert api.get("/health").status == 200
    assert faults.calls == 3


def test_a_table_that_is_back_is_seen(clients: Clients, stack: Stack, clock: Clock) -> None:
    down = True

    def act(number: int, call: Callable[[], Any]) -> Any:
        if down:
            raise error("ThrottlingException", 400)
        return call()

    api = Gateway(services(Faults(act).wrap(clients), stack.settings(), clock), key=None)
    assert api.get("/health").status == 503
    down = False
    assert api.get("/health").status == 503
    clock.pass_time(seconds=5)
    assert api.get("/health").status == 200


def test_a_table_that_hangs_is_not_waited_for(
    moto_clients: Clients, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    from plumbline.settings import Settings

    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", f"http://127.0.0.1:{server.getsockname()[1]}")
        quick = storage_clients._IMPATIENT.merge(Config(connect_timeout=0.2, read_timeout=0.2))
        monkeypatch.setattr(storage_clients, "_IMPATIENT", quick)
        hanging = Clients.create()
        held: list[socket.socket] = []

        def accept() -> None:
            while True:
                try:
                    held.append(server.accept()[0])
                except OSError:
                    return

        threading.Thread(target=accept, daemon=True).start()
        settings = Settings("interactions", "baselines", "imports", "bucket")
        api = Gateway(services(replace(moto_clients, make_probe=hanging.make_probe), settings, clock), key=None)
        began = time.monotonic()
        answer = api.get("/health")
        assert (answer.status, answer.message) == (503, "Storage does not answer.")
        assert time.monotonic() - began < 5
        assert 1 <= len(held) <= 2
        server.shutdown(socket.SHUT_RDWR)
        for connection in held:
            connection.close()
        for client in (hanging.probe, hanging.dynamodb, hanging.s3):
            client.close()


def test_the_probe_gives_up_soon() -> None:
    config: Any = Clients.create().probe.meta.config
    assert config.retries["total_max_attempts"] == 2
    assert max(config.connect_timeout, config.read_timeout) <= 1
