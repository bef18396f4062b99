"""Fixtures that any test may use: clients of an engine that stands in for AWS, and a stack of its own."""

from __future__ import annotations

import os
import signal
import urllib.error
import urllib.request
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from moto import mock_aws
from plumbline.storage.clients import Clients

from tests.support.scheduling import Groups
from tests.support.tables import Stack

if TYPE_CHECKING:
    from collections.abc import Iterator

REGION = "eu-central-1"
LOCAL_VARIABLE = "PLUMBLINE_DYNAMODB_LOCAL"


def pytest_configure() -> None:
    """Let processes be stopped by Ctrl-C: a shell's background jobs, and all that they start, ignore it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_xdist_auto_num_workers() -> int:
    """One more process than there are processors: tests of the local stack mostly wait."""
    return (os.cpu_count() or 1) + 1


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Groups:
    """Keep in one process what shares something."""
    return Groups(config, log)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was skipped, by what is missing for it, which for one engine are hundreds of tests."""
    reasons = Counter(report.longrepr[2] for report in terminalreporter.stats.get("skipped", ()))
    for reason, count in reasons.most_common():
        terminalreporter.write_line(f"{count} skipped: {reason.removeprefix('Skipped: ')}", yellow=True)


@pytest.fixture(scope="session", autouse=True)
def _no_real_aws() -> Iterator[None]:
    """Credentials that open nothing, and no endpoint that would take calls past moto."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            patch.delenv(name)
        patch.setenv("AWS_ACCESS_KEY_ID", "testing")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        patch.setenv("AWS_DEFAULT_REGION", REGION)
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        patch.setenv("AWS_CONFIG_FILE", os.devnull)
        patch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
        yield


@pytest.fixture(scope="session")
def dynamodb_local() -> str:
    """The address of a DynamoDB Local. A test that asks for it is skipped where there is none."""
    address = os.environ.get(LOCAL_VARIABLE, "")
    if not address:
        return _engine_missing(f"{LOCAL_VARIABLE} is not set: DynamoDB Local's address, as http://127.0.0.1:8100")
    try:
        urllib.request.urlopen(address, timeout=5).close()
    except urllib.error.HTTPError as answer:
        answer.close()  # it answers, if only that this is no request
    except OSError as error:
        return _engine_missing(f"DynamoDB Local does not answer at {address}: {error}")
    return address


def _engine_missing(reason: str) -> str:
    if os.environ.get("PLUMBLINE_REQUIRE_ENGINES") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="module", params=["moto", "dynamodb-local"])
def clients(request: pytest.FixtureRequest) -> Iterator[Clients]:
    """Clients of moto, and again of DynamoDB Local (whose S3 is moto's)."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "dynamodb-local":
            patch.setenv("AWS_ENDPOINT_URL_DYNAMODB", request.getfixturevalue("dynamodb_local"))
        yield from _clients()


@pytest.fixture(scope="module")
def moto_clients() -> Iterator[Clients]:
    """Clients of moto only, for what DynamoDB has no part in."""
    yield from _clients()


def _clients() -> Iterator[Clients]:
    with mock_aws():
        made = Clients.create()
        yield made
        made.workers.shutdown()
        made.dynamodb.close()
        made.s3.close()


@pytest.fixture
def stack(clients: Clients) -> Iterator[Stack]:
    """Empty tables and an empty bucket, of the template's own making."""
    made = Stack.create(clients)
    yield made
    made.delete(clients)
