"""Requests that are refused are counted, for the alarm that watches them; others are not."""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING

import pytest

from tests.support.gateway import Clock, Gateway, services

if TYPE_CHECKING:
    from plumbline.storage.clients import Clients

    from tests.support.tables import Stack


@pytest.mark.parametrize("key", [None, "plk_AAAAAAAAAAAA_" + "A" * 43, "no key at all"])
def test_a_request_that_is_refused_is_counted_and_its_key_is_not_logged(
    clients: Clients,
    stack: Stack,
    clock: Clock,
    key: str | None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    # A logger of its own: one that an earlier test made writes to that test's output.
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", secrets.token_hex(4))
    refused = Gateway(services(clients, stack.settings(), clock), key=key)
    for _ in range(3):
        assert refused.get("/api/interactions").status == 401
    assert refused.get("/health").status == 200
    written = capsys.readouterr().out
    lines = [json.loads(line) for line in written.splitlines()]
    assert sum(sum(line["RequestsRefused"]) for line in lines if "RequestsRefused" in line) == 3
    assert key is None or key not in written


def test_what_a_key_opens_is_not_counted(
    clients: Clients,
    stack: Stack,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", secrets.token_hex(4))
    assert Gateway(services(clients, stack.settings(), clock)).get("/api/interactions").status == 200
    assert "RequestsRefused" not in capsys.readouterr().out
