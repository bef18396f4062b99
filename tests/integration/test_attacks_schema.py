"""Requests by the thousand that the API's description allows, or does not: each is answered as it says."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from tests.support.gateway import Clock, Gateway, services
from tests.support.keys import MASTER
from tests.support.schema_attack import Attack, attack
from tests.support.tables import Stack

if TYPE_CHECKING:
    from plumbline.storage.clients import Clients

CONFIG = {
    "seed": 1,
    "continue-on-failure": True,
    # What a health check says is how fast requests are made.
    "suppress-health-check": ["all"],
    "generation": {"mode": "all", "deterministic": True, "database": "none", "max-examples": 85},
    "phases": {"stateful": {"max-steps": 6, "generation": {"max-examples": 25}}},
    "auth": {"openapi": {"bearer": {"bearer": MASTER.text}}},
    "checks": {"enabled": True},
}


@pytest.fixture(scope="module")
def attacked(moto_clients: Clients) -> Attack:
    stack = Stack.create(moto_clients)
    made = services(moto_clients, stack.settings(), Clock())
    # It sends what credentials it wants: none, wrong ones, good ones.
    Gateway(made)
    # A line for each request is more than anybody reads.
    logging.disable()
    try:
        return attack(Gateway(made, key=None), CONFIG)
    finally:
        logging.disable(logging.NOTSET)


def test_nothing_is_answered_otherwise_than_described(attacked: Attack) -> None:
    assert not attacked.findings, "\n\n".join(f"{kind}\n{said}" for kind, said in attacked.findings.items())


def test_no_request_is_a_failure_of_ours(attacked: Attack) -> None:
    assert {status for status in attacked.statuses if status >= 500} == set()


def test_it_was_thorough(attacked: Attack) -> None:
    assert attacked.cases > 2000
    assert {200, 400, 401, 404, 405, 409, 422} <= set(attacked.statuses)
    assert min(attacked.checks[name] for name in CHECKS) > 1000


CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "positive_data_acceptance",
    "missing_required_header",
    "unsupported_method",
    "allow_header_conformance",
    "use_after_free",
    "ensure_resource_availability",
    "ignored_auth",
    "object_level_authorization",
)
