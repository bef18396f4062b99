"""The API on a stack of its own, for integration tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.gateway import Clock, Gateway, services

if TYPE_CHECKING:
    from plumbline.storage.clients import Clients

    from tests.support.tables import Stack


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def api(clients: Clients, stack: Stack, clock: Clock) -> Gateway:
    return Gateway(services(clients, stack.settings(), clock))
